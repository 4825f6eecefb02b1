"""Files whose path is no UTF-8, for runtimes that take no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rbench.system import temporary


def is_utf8(path: Path) -> bool:
    """Whether a path can be written down as text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def reachable(path: Path) -> Iterator[Path]:
    """A path that leads to the same file and can be written down."""
    if is_utf8(path.absolute()):
        yield path
        return
    with temporary.folder() as folder:
        suffix = path.suffix if is_utf8(Path(path.suffix)) else ""
        link = folder / f"model{suffix}"
        link.symlink_to(path.absolute())
        yield link
