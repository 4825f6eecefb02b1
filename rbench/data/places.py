"""Which files a path means: itself, the one log in a folder, or all parts of a table."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from rbench.data.csv_table import Part
from rbench.errors import DataError
from rbench.system.reading import kind_of

KNOWN_TABLES = {
    "ratings.dat": "movielens-dat",
    "u.data": "movielens-100k",
    "ratings.csv": "",
    "ratings.csv.gz": "",
}
"""File in a folder -> its format; empty: look into it."""
LOOKED_FOR = (
    "ratings.dat (MovieLens 1M, 10M), u.data (100K), ratings.csv (latest, 20M, 25M, 32M), "
    "'user item' lines, one sequence a line, CSV, JSON lines, Parquet"
)
_PACKED = ("", ".gz", ".bz2", ".xz", ".zst", ".zip")
_TEXTS = (".csv", ".tsv", ".inter", ".txt", ".dat", ".data", ".json", ".jsonl", ".ndjson", ".tab")
_SUFFIXES = (*(text + packed for text in _TEXTS for packed in _PACKED), ".parquet", ".pq", ".zip")
_PARQUET = (".parquet", ".pq")
_FOLDER = re.compile(r"([^=]+)=(.*)$")
MOST_FILES, DEPTH = 10_000, 8


def parts_of(path: Path) -> tuple[Part, ...]:
    """The files, each with the columns that its folders' names stand for.

    Raises:
        DataError: nothing is there, or more than one log.
    """
    try:
        if path.is_dir():
            return _in_folder(path)
        if path.is_file():
            return ((path, ()),)
        if kind := kind_of(path):
            raise DataError(
                f"this is {kind}",
                where=str(path),
                allowed="a file or a folder: a log is read more than once",
                remedy="write what comes out of it to a file, and name that",
            )
        linked = path.is_symlink()
        raise DataError(
            "a link that leads nowhere, or in a circle" if linked else "no such file or folder",
            where=str(path),
            remedy="a public log comes with: rbench data fetch ml-latest-small",
        )
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: a path with a NUL byte
        raise DataError(f"cannot read: {error}", where=repr(str(path))) from error


def _in_folder(folder: Path) -> tuple[Part, ...]:
    for name in KNOWN_TABLES:
        if (folder / name).is_file():
            return ((folder / name, ()),)
    there = [path for path in sorted(folder.iterdir(), key=_natural) if _counts(path)]
    logs = [path for path in there if path.is_file() and path.name.endswith(_SUFFIXES)]
    subfolders = [path for path in there if path.is_dir() and _FOLDER.match(path.name)]
    if subfolders and logs:
        raise DataError(
            f"there is a file beside folders such as {subfolders[0].name}: {logs[0].name}",
            where=str(folder),
            allowed="one log: the folders called KEY=VALUE, or a file",
            remedy=f"name the file: {logs[0]}; or move it elsewhere to read the folders",
        )
    if subfolders:
        return _partitioned(folder)
    if not logs:  # Spark names parts without an ending too
        logs = [path for path in there if path.is_file() and path.name.startswith("part-")]
    if len(logs) == 1 or (logs and _parts(logs)):
        return tuple((path, ()) for path in logs)
    if logs:
        names = ", ".join(file.name for file in logs[:6]) + (", …" if len(logs) > 6 else "")
        raise DataError(
            f"{len(logs)} files could be the log: {names}",
            where=str(folder),
            remedy=f"name the file: {logs[0]}",
        )
    inside = [path.name for path in there if path.is_dir()]
    raise DataError(
        "no log in this folder",
        where=str(folder),
        allowed=LOOKED_FOR,
        remedy="subfolders are not looked into but those called KEY=VALUE: name one of "
        + ", ".join(inside[:6])
        if inside
        else "",
    )


def _parts(logs: list[Path]) -> bool:
    """Whether files are parts of one table: all Parquet, or numbered with one ending."""
    if all(path.suffix in _PARQUET for path in logs):
        return True
    endings = {"".join(path.suffixes[-2:]) for path in logs}
    numbered = all(path.name.startswith("part-") or path.stem.isdigit() for path in logs)
    return numbered and len({ending.rpartition(".")[2] for ending in endings}) == 1


def _partitioned(folder: Path) -> tuple[Part, ...]:
    """Files in folders called ``key=value``, as Hive, Spark and pandas write them."""
    found: list[Part] = []

    def walk(place: Path, values: tuple[tuple[str, str], ...], depth: int) -> None:
        for path in sorted(place.iterdir(), key=_natural):
            if not _counts(path):
                continue
            if path.is_dir() and (named := _FOLDER.match(path.name)) and depth < DEPTH:
                walk(path, (*values, (named[1], unquote(named[2]))), depth + 1)
            elif path.is_file() and values:
                found.append((path, values))
            if len(found) > MOST_FILES:
                raise DataError(f"more than {MOST_FILES:,} files", where=str(folder))

    walk(folder, (), 0)
    if not found:
        raise DataError("no log in this folder", where=str(folder), allowed=LOOKED_FOR)
    return tuple(found)


def _counts(path: Path) -> bool:
    """Whether a name is not one of those that are looked over: hidden, ``_SUCCESS``, checksums."""
    return not path.name.startswith((".", "_")) and not path.name.endswith(".crc")


def _natural(path: Path) -> list[tuple[int, int | str]]:
    """part-2 comes before part-10."""
    words = re.split(r"(\d+)", path.name)
    return [(0, int(word)) if word.isdecimal() else (1, word) for word in words if word]
