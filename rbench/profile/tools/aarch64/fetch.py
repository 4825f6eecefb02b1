"""The sysroot, made: Debian's packages by URL and sha256, and two wheels by pip. Nothing is
installed, and no package manager is asked but pip.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from rbench.errors import ToolError
from rbench.profile.tools.aarch64 import deb, sysroot
from rbench.profile.tools.aarch64.packages import (
    MIRRORS,
    PACKAGES,
    PLATFORMS,
    PYTHON,
    WHEELS,
    Package,
)
from rbench.progress import Progress, Reporter, silent
from rbench.system.download import download
from rbench.system.writing import writing

PIP_S = 900.0
_OFFLINE = (
    "is there a network? Else bring the packages and wheels here by other means and name their "
    "folder with --from, or name a --mirror"
)


def fetch(
    folder: Path,
    report: Reporter = silent,
    *,
    mirrors: Sequence[str] = MIRRORS,
    source: Path | None = None,
    again: bool = False,
) -> bool:
    """Make the sysroot, whole or not at all. A stopped download goes on with what it has.

    Args:
        folder: gets the sysroot and its manifest.
        mirrors: where the packages lie; each is asked for what the one before it has not.
        source: a folder with the packages and the wheels; nothing is downloaded then.
        again: make it anew although it is there.

    Returns:
        Whether it was made; it may have been there.

    Raises:
        ToolError: no network, or not what it should be.
        OutputError: the place cannot be written.
    """
    if not again and (known := sysroot.manifest(folder)) is not None:
        wanted = sysroot.runtime_here()
        if not wanted or known.wheels.get(sysroot.RUNTIME) == wanted:
            return False
    with writing(folder.parent, "the folder for tools"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        kept = folder.parent / f".{folder.name}-packages"
        kept.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            fresh = work / "made"
            root = fresh / sysroot.ROOT
            root.mkdir(parents=True)
            for package in _packages(kept, source, mirrors, report):
                deb.unpack(package, root)
            made = _wheels(root / sysroot.LIBRARIES, source, work, report)
            (fresh / sysroot.MANIFEST).write_bytes(msgspec.json.encode(made))
            if folder.exists():
                folder.rename(work / "old")
            fresh.rename(folder)
            shutil.rmtree(kept, ignore_errors=True)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return True


def _packages(
    kept: Path, source: Path | None, mirrors: Sequence[str], report: Reporter
) -> list[Path]:
    """The packages' files, each checked."""
    total, done = sum(package.size for package in PACKAGES), 0
    found = []
    for package in PACKAGES:
        path = (source or kept) / package.name
        if not _is_it(path, package):
            if source is not None:
                raise ToolError(
                    f"{package.name} is not there, or is another",
                    where=str(source),
                    allowed=f"sha256 {package.sha256}",
                )
            _download(package, path, mirrors, partial(_shifted, report, done, total))
        found.append(path)
        done += package.size
        report(Progress(done=done, total=total, text=package.name))
    return found


def _shifted(report: Reporter, before: int, total: int, progress: Progress) -> None:
    """One package's progress as that of all."""
    report(Progress(done=before + progress.done, total=total, text=progress.text))


def _download(package: Package, path: Path, mirrors: Sequence[str], report: Reporter) -> None:
    complaint: ToolError | None = None
    for mirror in mirrors:
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            fresh = Path(name) / package.name
            url = f"{mirror.rstrip('/')}/{package.path}"
            try:
                download(
                    url,
                    fresh,
                    report,
                    fault=ToolError,
                    offline=_OFFLINE,
                    place=path,
                    most_bytes=package.size,
                )
                if not _is_it(fresh, package):
                    raise ToolError(
                        "what came is another file",
                        where=url,
                        allowed=f"sha256 {package.sha256}",
                        remedy="try again later, or name a --mirror",
                    )
            except ToolError as error:
                complaint = complaint or error
                continue
            fresh.replace(path)
            return
    assert complaint is not None
    raise complaint


def _is_it(path: Path, package: Package) -> bool:
    if not path.is_file() or path.stat().st_size != package.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == package.sha256


def _wheels(to: Path, source: Path | None, work: Path, report: Reporter) -> sysroot.Manifest:
    """The wheels, by pip: it knows the user's index, and checks what comes by its sha256."""
    here = sysroot.runtime_here()
    if not here:
        raise ToolError(
            "ai-edge-litert is not on this host: its version is the one that is fetched",
            remedy="pip install 'rbench[profile]'",
        )
    report(Progress(done=0, total=1, text=", ".join(WHEELS)))
    said = work / "pip.json"
    _pip(
        *("--target", str(to), "--report", str(said), "--only-binary=:all:", "--no-deps"),
        *("--implementation", "cp", "--python-version", PYTHON, "--no-compile", "--quiet"),
        *(word for platform in PLATFORMS for word in ("--platform", platform)),
        *(("--no-index", "--find-links", str(source)) if source else ()),
        *(f"{name}=={here}" if name == sysroot.RUNTIME else name for name in WHEELS),
    )
    found = msgspec.json.decode(said.read_bytes())["install"]
    by_name = {_normalized(one["metadata"]["name"]): one for one in found}
    return sysroot.Manifest(
        packages={package.name: package.sha256 for package in PACKAGES},
        wheels={name: one["metadata"]["version"] for name, one in by_name.items()},
        wheels_sha256={
            name: one["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256", "")
            for name, one in by_name.items()
        },
    )


def _normalized(name: str) -> str:
    """A package's name as PyPI writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *words]
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PIP_S,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"pip was not done after {PIP_S:g} s", remedy=_OFFLINE) from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        last = next((line for line in reversed(lines) if "ERROR" in line), "".join(lines[-1:]))
        no_pip = "No module named pip" in done.stderr
        raise ToolError(
            f"pip cannot bring the wheels for arm64: {last or f'code {done.returncode}'}",
            remedy=f"{sys.executable} -m ensurepip" if no_pip else _OFFLINE,
        )
