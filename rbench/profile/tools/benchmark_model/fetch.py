"""The tool from Google's public builds: downloaded, looked into, its checksum kept beside it.

Google builds it every night and publishes the latest alone, without a version or a checksum. So
what came is held to what is known of it, an executable for that processor, and from then on to
the checksum of that day. A wanted build can be named by its sha256.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from rbench.errors import ToolError, choices
from rbench.progress import Reporter, silent
from rbench.system.download import download
from rbench.system.writing import make_executable, writing

NAME = "benchmark_model"
BASE = (
    "https://storage.googleapis.com/tensorflow-nightly-public/prod/tensorflow/release/lite/tools/"
    "nightly/latest"
)
_X86_64, _AARCH64, _ARM = 62, 183, 40
"""Processors, as the header of an ELF file numbers them."""
PLATFORMS: dict[str, tuple[str, int]] = {
    "linux-x86_64": ("linux_x86-64_benchmark_model", _X86_64),
    "linux-aarch64": ("linux_aarch64_benchmark_model", _AARCH64),
    "linux-arm": ("linux_arm_benchmark_model", _ARM),
    "android-aarch64": ("android_aarch64_benchmark_model", _AARCH64),
    "android-arm": ("android_arm_benchmark_model", _ARM),
}
"""Ours -> the file's name there, and the processor that it is for."""
_HERE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_OFFLINE = (
    "is there a network? Else bring the file here by other means and name it with "
    "--benchmark-model, or name a --mirror"
)


@dataclass(frozen=True)
class Fetched:
    """Where the tool lies now."""

    path: Path
    sha256: str
    new: bool
    """False where it lay there already."""


def here() -> str:
    """This machine's platform, as in `PLATFORMS` or not."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_HERE.get(machine, machine)}"


def home() -> Path:
    """The folder for fetched tools, below the user's data."""
    return platformdirs.user_data_path("rbench") / "tools"


def fetched(name: str) -> Path | None:
    """The tool that was fetched for a platform; None where none was.

    Raises:
        ToolError: it is not what was fetched.
    """
    path = home() / name / NAME
    if not path.is_file():
        return None
    known, found = _recorded(path), _digest(path)
    if known != found:
        raise ToolError(
            f"the fetched tool was changed: its sha256 is {found}",
            where=str(path),
            allowed=known or "what stands beside it, but nothing does",
            remedy=f"fetch it anew with: rbench tool fetch {NAME} --platform {name} --again",
        )
    return path


def fetch(
    name: str,
    to: Path | None = None,
    report: Reporter = silent,
    *,
    base: str = BASE,
    sha256: str = "",
    again: bool = False,
) -> Fetched:
    """Bring the tool for a platform to ``TO/PLATFORM/benchmark_model``, its sha256 beside it.

    The folder gets its name last: an interrupted fetch leaves nothing that looks finished.

    Args:
        to: by default where rbench looks for it, see `home`.
        base: where the builds lie; a mirror has the same names.
        sha256: the build that is wanted; empty: any.
        again: fetch it although it is there.

    Raises:
        ToolError: unknown platform, no network, or not the file that it should be.
        OutputError: the place cannot be written.
    """
    if name not in PLATFORMS:
        raise ToolError(f"no build of {NAME} for {name!r}", allowed=choices(PLATFORMS))
    to = to or home()
    folder = to / name
    path = folder / NAME
    if path.is_file() and not again:
        return Fetched(path, _held_to(sha256, _recorded(path), _digest(path), path), new=False)
    remote, processor = PLATFORMS[name]
    url = f"{base.rstrip('/')}/{remote}"
    with writing(to, "--to"):
        to.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=to, prefix=f".{name}."))
        try:
            fresh = work / name
            fresh.mkdir()
            found = download(url, fresh / NAME, report, fault=ToolError, offline=_OFFLINE, place=to)
            _look_into(fresh / NAME, processor, name, url)
            if sha256 and found != sha256.lower():
                raise ToolError(
                    f"the download's sha256 is {found}",
                    where=url,
                    allowed=sha256,
                    remedy="another build lies there now: leave --sha256 out to take it",
                )
            make_executable(fresh / NAME)
            (fresh / f"{NAME}.sha256").write_text(f"{found}  {NAME}\n", "ascii")
            if folder.exists():
                folder.rename(work / "old")
            fresh.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Fetched(path, found, new=True)


def _held_to(wanted: str, recorded: str, found: str, path: Path) -> str:
    for allowed in filter(None, (recorded, wanted.lower())):
        if found != allowed:
            raise ToolError(
                f"the tool that is there has the sha256 {found}",
                where=str(path),
                allowed=allowed,
                remedy="fetch it anew with --again",
            )
    return found


def _recorded(path: Path) -> str:
    """The sha256 that stands beside a tool; empty where none does."""
    try:
        return path.with_name(f"{NAME}.sha256").read_text("ascii").partition(" ")[0]
    except (OSError, ValueError):
        return ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _look_into(path: Path, processor: int, name: str, url: str) -> None:
    """Whether it is an executable for that processor, and not some server's page."""
    with path.open("rb") as file:
        head = file.read(20)
    if (
        len(head) < 20
        or head[:4] != b"\x7fELF"
        or struct.unpack_from("<H", head, 18)[0] != processor
    ):
        raise ToolError(
            f"what came is no executable for {name}",
            where=url,
            remedy="try again later, or name a --mirror",
        )
