"""The emulated machine's files, and the emulator: where they are, and which build of them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from rbench.errors import ToolError, Unsupported
from rbench.profile.tools.aarch64.packages import PYTHON

NAME = "aarch64"
FETCH = "rbench tool fetch aarch64"
EMULATORS = ("qemu-aarch64-static", "qemu-aarch64")
GET_EMULATOR = "install QEMU's user-mode emulation; on Debian and Ubuntu: apt install qemu-user"
RUNTIME = "ai-edge-litert"
MANIFEST = "manifest.json"
ROOT = "root"
"""The sysroot, beside the manifest."""
LIBRARIES = "wheels"
"""The wheels' folder in it."""
_PYTHON = f"usr/bin/python{PYTHON}"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a sysroot was made of."""

    packages: dict[str, str]
    """Debian package's file -> sha256."""
    wheels: dict[str, str]
    """PyPI's package -> version."""
    wheels_sha256: dict[str, str] = {}
    """The same -> sha256 of its wheel."""

    @property
    def sha256(self) -> str:
        """Of all that."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


class Emulation(msgspec.Struct, frozen=True, kw_only=True):
    """What runs a program for arm64."""

    emulator: Path
    folder: Path
    manifest: Manifest

    @property
    def root(self) -> Path:
        """The sysroot."""
        return self.folder / ROOT

    @property
    def python(self) -> Path:
        """The interpreter in it."""
        return self.root / _PYTHON

    @property
    def build(self) -> str:
        """In records, and in the key of a check."""
        return f"qemu {version_of(self.emulator)}, sysroot sha256:{self.manifest.sha256[:16]}"


def home() -> Path:
    """The folder that ``rbench tool fetch`` makes."""
    import platformdirs

    return platformdirs.user_data_path("rbench") / "tools" / NAME


def emulator() -> Path | None:
    """QEMU's user-mode emulator for arm64; None where it is not here."""
    found = next(filter(None, map(shutil.which, EMULATORS)), None)
    return Path(found).resolve() if found else None


@cache
def version_of(path: Path) -> str:
    """What an emulator says of itself; empty where it says nothing."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    known = re.search(r"version (\d+(?:\.\d+)+)", said)
    return known[1] if known else ""


def manifest(folder: Path) -> Manifest | None:
    """What a sysroot was made of; None where there is none.

    Raises:
        ToolError: it is torn.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        made = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ToolError(
            f"the sysroot is torn: {error}", where=str(path), remedy=f"{FETCH} --again"
        ) from error
    if not os.access(folder / ROOT / _PYTHON, os.X_OK):
        raise ToolError(
            "the sysroot is torn: no Python is in it",
            where=str(folder),
            remedy=f"{FETCH} --again",
        )
    return made


def find(where: str) -> Emulation:
    """All that is needed to run a program for arm64.

    Args:
        where: who asks, for the error.

    Raises:
        Unsupported: something is not here, or is of another version of the runtime than this host.
    """
    program = emulator()
    if program is None:
        raise Unsupported("QEMU is not here", where=where, remedy=GET_EMULATOR)
    try:
        known = manifest(home())
    except ToolError as error:
        raise Unsupported(error.what, where=where, remedy=error.remedy) from error
    if known is None:
        raise Unsupported("the sysroot for arm64 is not here", where=where, remedy=FETCH)
    here, there = runtime_here(), known.wheels.get(RUNTIME, "")
    if here != there:
        raise Unsupported(
            f"the sysroot has {RUNTIME} {there or '(none)'}, this host {here or 'none'}",
            where=where,
            remedy=f"{FETCH} --again" if here else "pip install 'rbench[profile]'",
        )
    return Emulation(emulator=program, folder=home(), manifest=known)


def runtime_here() -> str:
    """The runtime's version on this host; empty where it is not here."""
    try:
        return version(RUNTIME)
    except PackageNotFoundError:
        return ""
