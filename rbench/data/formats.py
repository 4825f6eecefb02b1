"""Which loader reads a log, named by settings or seen by looking; which options it has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from rbench.data import (
    container,
    csv_table,
    dialect,
    json_lines,
    movielens,
    parquet_table,
    sequence,
    text,
)
from rbench.data.columns import quoted
from rbench.data.csv_table import Part
from rbench.data.log import Log
from rbench.data.places import KNOWN_TABLES, LOOKED_FOR, parts_of
from rbench.data.settings import DataSettings, Format
from rbench.errors import DataError
from rbench.records import Reading

HEAD_BYTES = 1 << 16
DEFAULTS = DataSettings()
_DIALECT = ("separator", "header", "quotes", "comment")
_COLUMNS = ("user_column", "item_column", "time_column", "keep", "rating_column")
_TIMES = ("time_format", "time_unit")
_RATINGS = ("min_rating", "rating_column")
UNUSED: dict[str, tuple[str, ...]] = {
    "movielens-dat": (*_DIALECT, *_COLUMNS, "time_format"),
    "movielens-100k": (*_DIALECT, *_COLUMNS, "time_format"),
    "movielens-csv": (*_DIALECT, *_COLUMNS, "time_format"),
    "user-item": ("beside", *_DIALECT, *_COLUMNS, *_TIMES, *_RATINGS),
    "sequence": ("beside", "header", "quotes", "comment", *_COLUMNS, *_TIMES, *_RATINGS),
    "csv": (),
    "json": _DIALECT,
    "parquet": (*_DIALECT, "encoding"),
    "synthetic": (
        "beside",
        "format",
        *_DIALECT,
        *_COLUMNS,
        *_TIMES,
        *_RATINGS,
        "encoding",
        "holes",
    ),
}
"""Format -> settings that it has no use for: an error, where one is given."""

_FIXED = ("movielens-dat", "movielens-100k", "movielens-csv", "user-item", "sequence")
"""Formats whose columns have no names to choose from."""


@dataclass(frozen=True)
class Source:
    """Files and the format that they are read as."""

    parts: tuple[Part, ...]
    """More than one for the parts of a table only."""
    format: str
    encoding: str = ""
    look: dialect.Dialect | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """The parts without what their folders say."""
        return tuple(path for path, _ in self.parts)

    def read(self, settings: DataSettings) -> Log:
        """Parse.

        Raises:
            DataError: see the loaders; and where an option is given that the format does not use.
        """
        refuse_unused(self.format, settings, str(self.files[0]))
        try:
            return self._read(settings, self.encoding)
        except text.NotThisText as error:
            if settings.encoding != "auto":
                raise
            self._refuse_encodings(error)
            log = self._read(settings, text.LATIN_1)
            note = f"not UTF-8 ({error.where.rpartition(', ')[2]}), read as Latin-1"
            notes = (f"{note}: --encoding says otherwise", *log.reading.notes)
            return replace(log, reading=msgspec.structs.replace(log.reading, notes=notes))

    def _refuse_encodings(self, error: text.NotThisText) -> None:
        """Where some lines are UTF-8 beyond ASCII, their names would be others as Latin-1.

        Raises:
            DataError: one is.
        """
        for path in self.files:
            if line := text.line_beyond_ascii(path, text.UTF_8):
                several = len(self.files) > 1
                there = f"line {line} of {path.name}" if several else f"line {line}"
                raise DataError(
                    f"{error.what}, as {there} is: "
                    f"{'the parts have' if several else 'the file has'} several encodings",
                    where=error.where,
                    allowed="one encoding",
                    remedy="save all of it as UTF-8, or say what it is, as in --encoding gb18030",
                ) from error

    def _read(self, settings: DataSettings, encoding: str) -> Log:
        path, look = self.files[0], self.look
        reading = Reading(
            format=self.format,
            packed=container.kind_of(path),
            encoding=encoding,
            separator=look.shown if look else "",
            header=("yes" if look.header else "no") if look else "",
            comment=look.comment if look else "",
            skipped={"lines of comments at the beginning": look.comments}
            if look and look.comments
            else {},
            notes=look.notes if look else (),
        )
        log = self._parsed(path, settings, reading)
        shown = msgspec.structs.replace(
            log.reading, encoding=text.shown_encoding(encoding) if encoding else ""
        )
        return replace(log, reading=shown)

    def _parsed(self, path: Path, settings: DataSettings, reading: Reading) -> Log:
        if self.format in movielens.SEPARATORS:
            return movielens.read(path, self.format, settings, reading)
        if self.format in sequence.READERS:
            return sequence.READERS[self.format](path, settings, reading)
        if self.format == "parquet":
            return parquet_table.read(self.parts, settings, reading)
        if self.format == "json":
            return json_lines.read(self.parts, settings, reading)
        look = self.look or _dialect(path, settings, reading.encoding)
        if self.format == "movielens-csv":
            return csv_table.read_movielens(path, look, settings, reading)
        return csv_table.read(self.parts, settings, look, reading)


def find(settings: DataSettings) -> Source:
    """Look at the path.

    Raises:
        DataError: nothing is there, or nothing that rbench knows.
    """
    parts = parts_of(Path(settings.path).expanduser())
    head = text.peek(parts[0][0], HEAD_BYTES)
    while not head.strip() and len(parts) > 1:  # Spark writes empty parts, too
        parts = parts[1:]
        head = text.peek(parts[0][0], HEAD_BYTES)
    path = parts[0][0]
    if _is_parquet(head) and (kind := container.kind_of(path)):
        raise container.packed_twice(path, "Parquet", kind)
    if settings.format == "parquet" or (settings.format == "auto" and _is_parquet(head)):
        return Source(parts, "parquet")
    encoding = text.encoding_of(settings, head)
    if settings.format not in ("auto", "csv", "movielens-csv"):
        return Source(_single(parts, settings.format), settings.format, encoding)
    if settings.format == "auto":
        _refuse_binary(path, head, encoding)
    lines = dialect.head_lines(head, encoding, len(head) < HEAD_BYTES)
    form: str = settings.format
    if form == "auto":
        form = _seen(lines, settings, path)
    if form not in ("csv", "movielens-csv", "auto"):
        return Source(_single(parts, form), form, encoding)
    look = dialect.look(lines, settings, path)
    if form == "auto":
        form = "movielens-csv" if _is_movielens(look, settings) and len(parts) == 1 else "csv"
    return Source(parts, form, encoding, look)


def refuse_unused(form: str, settings: DataSettings, where: str) -> None:
    """An option without use is a misunderstanding.

    Raises:
        DataError: one is given.
    """
    given = [name for name in UNUSED[form] if getattr(settings, name) != getattr(DEFAULTS, name)]
    if form != "synthetic" and settings.time_column == "none":
        given += [name for name in _TIMES if getattr(settings, name) != getattr(DEFAULTS, name)]
    if not given:
        return
    what = f"format {form!r}"
    if given[0] in _TIMES and given[0] not in UNUSED[form]:
        what = "a log without times"
    as_table = ", or read the file as a table with --format csv" if form in _FIXED else ""
    raise DataError(
        f"{what} has no use for --{given[0].replace('_', '-')} ({given[0]} in [data] of a study)",
        where=where,
        remedy=f"leave it out{as_table}",
    )


def _single(parts: tuple[Part, ...], form: str) -> tuple[Part, ...]:
    if len(parts) > 1 and form not in ("json", "parquet", "csv"):
        raise DataError(
            f"{len(parts)} files, and format {form!r} is one file",
            where=str(parts[0][0].parent),
            remedy="name the file",
        )
    return parts


def _is_parquet(head: bytes) -> bool:
    return head.startswith(parquet_table.MAGIC)


def _is_movielens(look: dialect.Dialect, settings: DataSettings) -> bool:
    return csv_table.fits_movielens(look) and not _asked(settings)


def _asked(settings: DataSettings) -> bool:
    """Whether an option is given that only tables know."""
    names = (*_DIALECT, *_COLUMNS, "time_format")
    return any(getattr(settings, name) != getattr(DEFAULTS, name) for name in names)


def _seen(lines: Sequence[str], settings: DataSettings, path: Path) -> Format:
    """The format that the first lines look like; ``auto``: some table of text."""
    body = [line for line in lines if line.strip()]
    if not body:
        raise DataError("the log is empty", where=str(path), allowed=LOOKED_FOR)
    if json_lines.looks_so(body[0]):
        return "json"
    if json_lines.is_array(body[0]):
        raise json_lines.no_names(path)
    if _asked(settings):
        return "csv"
    sample = body[: dialect.HEAD_ROWS]
    known = KNOWN_TABLES.get(path.name, "")
    for form in ("movielens-dat", "movielens-100k"):
        if known == form and not movielens.contradicts(sample, form):
            return form  # type: ignore[return-value]
        if movielens.fits(sample, form):
            return form  # type: ignore[return-value]
    skip, _, _ = dialect.beginning(lines, settings)
    plain = [line for line in lines[skip:] if line.strip()][: dialect.HEAD_ROWS]
    kind = sequence.kind_of(plain) if not any("\t" in line for line in plain) else ""
    if kind == "user-item" or (kind == "sequence" and not skip):
        return kind  # type: ignore[return-value]
    if kind == "either" and plain and skip == 0 and not _has_times(plain):
        raise DataError(
            f"lines of {len(plain[0].split())} numbers each: a table, or one sequence a line?",
            where=f"{path}, line 1",
            allowed="a header line, or an option that decides",
            remedy="say which: --format sequence; or --header no --user-column 1 --item-column 2 "
            "--time-column 3",
        )
    if plain and not dialect.separator_of(plain) and not _words_alike(plain, settings):
        raise _no_separator(plain, path)
    return "auto"


def _no_separator(lines: Sequence[str], path: Path) -> DataError:
    """The error where the first line has none, and what could be done with the others."""
    first, rest = lines[0], lines[1:]
    if re.fullmatch(r"\d+:", first.strip()) and rest and rest[0].count(",") == 2:
        raise DataError(
            f"the item stands above its lines ({first.strip()!r}), as in the Netflix Prize",
            where=f"{path}, line 1",
            allowed="an item in every line",
            remedy="""write it there: awk -F, '/:$/{m=substr($0,1,length($0)-1);next}"""
            """{print $1","m","$2","$3}' FILE > log.csv; then name the columns: --header no """
            "--user-column 1 --item-column 2 --time-column 4",
        )
    words = {len(line.split()) for line in lines}
    remedy = "say what stands between the values, as in --separator ';'"
    if len(words) > 1 and 1 not in words and not dialect.separator_of(rest or [""]):
        remedy += ", or that each line is a user and its items: --format sequence"
    elif rest and dialect.separator_of(rest):
        remedy += f", or leave the line out: --comment {quoted(first[:40])}"
    error = _unknown(path, f"a line without separators: {first[:40]!r}")
    return DataError(error.what, where=error.where, allowed=error.allowed, remedy=remedy)


def _words_alike(lines: Sequence[str], settings: DataSettings) -> bool:
    """Whether white space separates: each line has as many words, and more than one."""
    widths = {len(line.split()) for line in lines}
    return len(widths) == 1 and widths != {1} and (len(lines) > 1 or settings.separator != "auto")


def _has_times(lines: Sequence[str]) -> bool:
    """Whether one of the columns of numbers holds times."""
    rows = [line.split() for line in lines]
    return any(
        all(len(row[at]) in (9, 10, 13, 16, 19) for row in rows) for at in range(len(rows[0]))
    )


def _dialect(path: Path, settings: DataSettings, encoding: str) -> dialect.Dialect:
    head = text.peek(path, HEAD_BYTES)
    return dialect.look(dialect.head_lines(head, encoding, len(head) < HEAD_BYTES), settings, path)


def _refuse_binary(path: Path, head: bytes, encoding: str) -> None:
    for magic, (what, reader) in container.FOREIGN.items():
        if head.startswith(magic):
            raise container.foreign(path, what, reader)
    container.refuse_pages(path, head)
    if kind := container.within(head):
        raise container.packed_twice(path, kind, container.kind_of(path))
    if b"\0" in head and not encoding.startswith(("utf-16", "utf-32")):
        raise _unknown(path, "binary data")


def _unknown(path: Path, seen: str) -> DataError:
    return DataError(
        f"no log that rbench knows, it starts with {seen}", where=str(path), allowed=LOOKED_FOR
    )
