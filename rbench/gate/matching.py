"""Which files a pattern stands for, in a folder and in a list of names: by the same rule.

Links to folders are followed, each folder once whatever leads to it, so that a loop of links ends
and nothing that a pattern reaches stays unseen.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

ANY = "**"
"""The part of a pattern that stands for any folders, or none."""


class Matches:
    """What a pattern matches below a folder.

    Args:
        pattern: parts with ``*``, ``?`` and ``[ab]``, relative to the folder.
    """

    def __init__(self, pattern: str, root: Path) -> None:
        self.unreadable: dict[str, str] = {}
        """Folders that a match may lie in and that cannot be listed -> why."""
        self._parts = PurePosixPath(pattern).parts
        self._seen: set[tuple[int, int, int]] = set()
        self._links: deque[tuple[Path, str, int]] = deque()
        found = set(self._below(root, "", 0))
        while self._links:  # after what is reached without them: that gives files their names
            found.update(self._below(*self._links.popleft()))
        self.paths = sorted(found)
        """Relative to the folder, in order. Folders are among them where their name ends as the
        pattern does, as in ``*.tflite``; else they are only on the way to files."""

    def _below(self, folder: Path, name: str, at: int) -> Iterator[str]:
        """Matches in a folder of the parts of the pattern from a number on."""
        todo = [(folder, name, at)]
        while todo:
            folder, name, at = todo.pop()
            try:
                known = folder.stat()
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError as error:
                self.unreadable[name or "."] = error.strerror or str(error)
                continue
            if (known.st_dev, known.st_ino, at) in self._seen:
                continue
            self._seen.add((known.st_dev, known.st_ino, at))
            part, last = self._parts[at], at == len(self._parts) - 1
            if part == ANY:
                todo.append((folder, name, at + 1))
            for entry in entries:
                path = f"{name}/{entry.name}" if name else entry.name
                if part != ANY and not fnmatchcase(entry.name, part):
                    continue
                is_folder = _is_folder(entry)
                if is_folder and (part == ANY or not last):
                    further = (folder / entry.name, path, at if part == ANY else at + 1)
                    (self._links if entry.is_symlink() else todo).append(further)
                elif last and part != ANY and (not is_folder or _ends_alike(entry.name, part)):
                    yield path


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern stands for a name, both with ``/`` between their parts."""
    parts = PurePosixPath(pattern).parts
    states = {0}
    for part in PurePosixPath(name).parts:
        states = {step for at in _reached(states, parts) for step in _steps(at, part, parts)}
    return len(parts) in states


def _reached(states: set[int], parts: tuple[str, ...]) -> set[int]:
    """The states, and those behind each ``**`` that stands for no folder."""
    found = set(states)
    for at in sorted(states):
        while at < len(parts) and parts[at] == ANY:
            at += 1  # noqa: PLW2901 - walks on
            found.add(at)
    return found


def _steps(at: int, part: str, parts: tuple[str, ...]) -> Iterator[int]:
    if at < len(parts) and parts[at] == ANY:
        yield at
    elif at < len(parts) and fnmatchcase(part, parts[at]):
        yield at + 1


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _ends_alike(name: str, part: str) -> bool:
    ending = PurePosixPath(part).suffix
    return bool(ending) and PurePosixPath(name).suffix == ending
