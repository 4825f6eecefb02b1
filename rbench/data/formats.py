"""Which files a path means and which loader reads them: named by settings, or seen by looking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rbench.data import csv_table, movielens, parquet_table, text, user_item
from rbench.data.log import Log
from rbench.data.settings import DataSettings
from rbench.errors import DataError

LOOKED_FOR = (
    "ratings.dat (MovieLens 1M, 10M), u.data (100K), ratings.csv (latest, 20M, 25M, 32M), "
    "'user item' lines, CSV with a header line, Parquet"
)
_PACKED_TABLES = {
    "ratings.dat": "movielens-dat",
    "u.data": "movielens-100k",
    "ratings.csv": "",
    "ratings.csv.gz": "",
}
"""File in a folder -> its format; empty: look into it."""
_SUFFIXES = (".csv", ".tsv", ".inter", ".txt", ".dat", ".data", ".csv.gz", ".tsv.gz", ".parquet")


@dataclass(frozen=True)
class Source:
    """Files and the format that they are read as."""

    files: tuple[Path, ...]
    """More than one for the parts of a Parquet table only."""
    format: str

    def read(self, settings: DataSettings) -> Log:
        """Parse.

        Raises:
            DataError: see the loaders.
        """
        path = self.files[0]
        match self.format:
            case "movielens-dat":
                return movielens.read_dat(path)
            case "movielens-100k":
                return movielens.read_u_data(path)
            case "movielens-csv":
                return csv_table.read_movielens(path)
            case "user-item":
                return user_item.read(path)
            case "parquet":
                return parquet_table.read(self.files, settings)
            case _:
                return csv_table.read(path, settings)


def find(settings: DataSettings) -> Source:
    """Look at the path.

    Raises:
        DataError: nothing is there, or nothing that rbench knows.
    """
    path = Path(settings.path).expanduser()
    try:
        if path.is_dir():
            files = _in_folder(path)
        elif path.is_file():
            files = (path,)
        else:
            raise DataError(
                "no such file or folder" if not path.exists() else "neither file nor folder",
                where=str(path),
                remedy="a public log comes with: rbench data fetch ml-latest-small",
            )
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL byte
        raise DataError(f"cannot read: {error}", where=repr(str(path))) from error
    if settings.format != "auto":
        return Source(files, settings.format)
    return Source(files, _PACKED_TABLES.get(files[0].name, "") or _look(files[0]))


def _in_folder(folder: Path) -> tuple[Path, ...]:
    for name in _PACKED_TABLES:
        if (folder / name).is_file():
            return (folder / name,)
    logs = tuple(
        file
        for file in sorted(folder.iterdir())
        if file.is_file() and file.name.endswith(_SUFFIXES) and not file.name.startswith((".", "_"))
    )
    if len(logs) == 1 or (logs and all(file.suffix == ".parquet" for file in logs)):
        return logs
    if logs:
        names = ", ".join(file.name for file in logs[:6]) + (", …" if len(logs) > 6 else "")
        raise DataError(
            f"{len(logs)} files could be the log: {names}",
            where=str(folder),
            remedy="name the file",
        )
    raise DataError("no log in this folder", where=str(folder), allowed=LOOKED_FOR)


def _look(path: Path) -> str:
    """The format of a file, by its first bytes."""
    head = text.peek(path)
    if head.startswith(parquet_table.MAGIC):
        return "parquet"
    if b"\0" in head:
        raise _unknown(path, "binary data")
    lines = head.decode("utf-8-sig", errors="replace").splitlines()
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise DataError("the log is empty", where=str(path), allowed=LOOKED_FOR)
    if first.count("::") == 3:
        return "movielens-dat"
    if len(words := first.split("\t")) == 4 and all(map(_number, words)):
        return "movielens-100k"
    if len(words := first.split()) == 2 and all(map(str.isdecimal, words)):
        return "user-item"
    separator = csv_table.separator_of(first)
    if not separator:
        raise _unknown(path, f"a line without separators: {first[:40]!r}")
    names = tuple(name.strip() for name in first.split(separator))
    if all(map(_number, names)):
        raise DataError(
            f"the first line holds numbers, not names of columns: {first[:60]!r}",
            where=f"{path}, line 1",
            allowed=LOOKED_FOR,
            remedy="add a header line, such as user,item,timestamp",
        )
    return "movielens-csv" if names == movielens.COLUMNS else "csv"


def _unknown(path: Path, seen: str) -> DataError:
    return DataError(
        f"no log that rbench knows, it starts with {seen}", where=str(path), allowed=LOOKED_FOR
    )


def _number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
