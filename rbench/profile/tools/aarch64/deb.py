"""What is in a Debian package, without dpkg: an ``ar`` archive that holds a compressed ``tar``."""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from rbench.errors import ToolError

MAGIC = b"!<arch>\n"
HEADER = 60
MOST_BYTES = 256 << 20
"""Of what one package unpacks to."""
LEFT_OUT = ("usr/share",)
"""Documentation and texts in other languages."""


def unpack(package: Path, root: Path) -> None:
    """Put a package's files below a root. Links that lead out of it are left out.

    Raises:
        ToolError: it is no such package, or is torn.
        OSError: the place cannot be written.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(_data(package)), mode="r:*") as archive:
            _extract(archive, root, package)
    except (tarfile.TarError, lzma.LZMAError, EOFError, ValueError) as error:
        raise ToolError(f"no Debian package: {error}", where=str(package)) from error


def _data(package: Path) -> bytes:
    """The member ``data.tar.*``."""
    for name, content in _members(package.read_bytes()):
        if name.startswith("data.tar"):
            return content
    raise ValueError("it has no data.tar")


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content[: len(MAGIC)] != MAGIC:
        raise ValueError("it does not begin as one")
    at = len(MAGIC)
    while at + HEADER <= len(content):
        header = content[at : at + HEADER]
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(header[48:58])
        at += HEADER
        if size < 0 or at + size > len(content):
            raise ValueError(f"{name} is torn")
        yield name, content[at : at + size]
        at += size + size % 2


def _extract(archive: tarfile.TarFile, root: Path, package: Path) -> None:
    total = 0
    for member in archive:
        place = _place(member.name)
        if place is None:
            continue
        path = root / place
        total += member.size
        if total > MOST_BYTES:
            raise ToolError(
                "the package is too large", where=str(package), allowed=f"{MOST_BYTES:,} bytes"
            )
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
        elif member.issym() and _inside(place, member.linkname):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(member.linkname)
        elif member.isreg() and (content := archive.extractfile(member)) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
            path.chmod(0o755 if member.mode & 0o111 else 0o644)


def _place(name: str) -> str | None:
    """A member's name below the root; None where it is left out, or leads elsewhere."""
    parts = [part for part in PurePosixPath(name).parts if part != "."]
    if not parts or parts[0] == "/" or ".." in parts:
        return None
    place = "/".join(parts)
    return None if any(place == out or place.startswith(f"{out}/") for out in LEFT_OUT) else place


def _inside(place: str, link: str) -> bool:
    """Whether a relative link stays below the root."""
    if link.startswith("/"):
        return False
    depth = place.count("/")
    for part in PurePosixPath(link).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return True
