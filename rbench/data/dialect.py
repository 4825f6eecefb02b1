"""How the lines of a text table are written: separator, quotes, header, comments; told by settings
or seen in the first lines.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rbench.data import delimited, text, times
from rbench.data.columns import LISTS, USUAL, Header, clipped, quoted
from rbench.data.rows import Rows
from rbench.data.settings import AUTO, SEPARATOR_WORDS, DataSettings
from rbench.errors import DataError

HEAD_ROWS = 50
HEAD_COLUMNS = 200
CANDIDATES = ("\t", ",", ";", "|", "\x01", "::")
COMMENTS = ("#", "%", "//")
_SEP_LINE = re.compile(r"sep=(.)$")
_NAMES = {value: word for word, value in SEPARATOR_WORDS.items()} | {"": "white space"}


@dataclass(frozen=True)
class Dialect:
    """How to take lines apart."""

    separator: str
    """Empty: any white space."""
    header: bool
    names: tuple[str, ...]
    """Of the columns; numbers from 1 without a header."""
    skip: int
    """Lines before the header, or the first row."""
    comment: str
    """Lines that begin so are skipped anywhere; empty: none."""
    quotes: bool
    head: tuple[tuple[str, ...], ...]
    """The first rows."""
    notes: tuple[str, ...] = ()
    comments: int = 0
    """Lines skipped before the header."""

    @property
    def shown(self) -> str:
        """The separator in words."""
        return _NAMES.get(self.separator, repr(self.separator))

    def column(self, at: int) -> list[str]:
        """The first values of a column that are not empty."""
        return [row[at].strip() for row in self.head if len(row) > at and row[at].strip()]

    def rows(self, path: Path, encoding: str) -> Rows:
        """Everything after the header: line number from 1, and the values."""
        rows = self.all_rows(path, encoding)
        if self.header:
            next(rows, None)
        return rows

    def all_rows(self, path: Path, encoding: str, counted: list[int] | None = None) -> Rows:
        """The same with the header; ``counted`` as in `rbench.data.delimited.rows_of`."""
        form = delimited.Form(self.separator, self.quotes, self.comment, self.skip)
        return delimited.rows_of(path, encoding, form, counted)


def head_lines(head: bytes, encoding: str, whole: bool) -> list[str]:
    """The first lines of a file, without their ends.

    Args:
        whole: whether this is all of the file; else its last line is cut.
    """
    codec = encoding if encoding != text.UTF_8 else "utf-8-sig"
    decoded = head.decode(codec, errors="replace")
    lines = [line.rstrip("\r\n") for line in io.StringIO(decoded, newline=None)]
    return lines if whole or len(lines) < 2 else lines[:-1]


def look(lines: Sequence[str], settings: DataSettings, path: Path) -> Dialect:
    """The dialect of a table.

    Raises:
        DataError: it is empty, has no separator, or it is not clear whether there is a header.
    """
    skip, separator, comments = beginning(lines, settings)
    body = [line for line in lines[skip:] if line.strip()]
    comment = settings.comment if settings.comment != AUTO else ""
    body = [line for line in body if not (comment and line.startswith(comment))]
    if not body:
        raise DataError("the log is empty", where=str(path), allowed="a header line and rows")
    if settings.separator != AUTO:
        separator = settings.between
    elif separator is None:
        separator = separator_of(body)
    quotes = settings.quotes != "no"
    rows = [
        tuple(row)
        for _, row in delimited.apart(enumerate(body, 1), delimited.Form(separator, quotes))
    ]
    rows = [row for row in rows if row][:HEAD_ROWS]
    if not rows:
        raise DataError("the log is empty", where=str(path), allowed="a header line and rows")
    if len(rows[0]) == 1:
        shown = _NAMES.get(separator, repr(separator))
        raise DataError(
            f"one value a line, there is no {shown} in the first: {clipped(rows[0][0], 40)!r}",
            where=f"{path}, line {skip + 1}",
            allowed="two columns and more",
            remedy="say what stands between the values, as in --separator ';'",
        )
    first, rest = rows[0], rows[1:]
    header = settings.header == "yes" or (
        settings.header == "auto" and has_header(rows, settings, path)
    )
    notes: tuple[str, ...] = ()
    names = (
        tuple(name.strip() for name in first)
        if header
        else tuple(str(number) for number in range(1, len(first) + 1))
    )
    if header and rest and all(len(row) == len(first) + 1 for row in rest):
        numbers = [row[0] for row in rest]
        if numbers == [str(number) for number in range(1, len(numbers) + 1)]:  # R's write.table
            names = ("", *names)
            notes = ("the rows have numbers that the header does not name",)
        elif not any(row[-1] for row in rest):  # a separator at the end of each row
            names = (*names, "")
    return Dialect(
        separator=separator,
        header=header,
        names=names,
        skip=skip,
        comment=comment,
        quotes=quotes,
        head=tuple(rest if header else rows),
        notes=notes,
        comments=comments,
    )


def beginning(lines: Sequence[str], settings: DataSettings) -> tuple[int, str | None, int]:
    """Lines to skip, the separator that one of them names as Excel does, and the comments."""
    marks = (settings.comment,) if settings.comment != AUTO else COMMENTS
    skip, separator, comments = 0, None, 0
    for line in lines:
        if found := _SEP_LINE.match(line):
            separator = found[1]
        elif line.strip() and not line.startswith(marks):
            break
        elif line.strip():
            comments += 1
        skip += 1
    return skip, separator, comments


def separator_of(lines: Sequence[str]) -> str:
    """The separator by which most of the first lines have as many values as the first one; of
    several, the one that stands most often in it. Empty: white space.
    """
    best, merit = "", (0.0, 0)
    for separator in CANDIDATES:
        count = lines[0].count(separator)
        if not count or (separator == "::" and lines[0].count(":") != 2 * count):
            continue
        sample = lines[:HEAD_ROWS]
        form = delimited.Form(separator, separator in delimited.CSV_LIKE)
        widths = [len(row) for _, row in delimited.apart(enumerate(sample, 1), form)]
        same = sum(width == widths[0] for width in widths) / len(widths) if widths else 0.0
        if (round(same, 1), count) > merit:
            best, merit = separator, (round(same, 1), count)
    return best


def has_header(rows: Sequence[Sequence[str]], settings: DataSettings, path: Path) -> bool:
    """Whether the first row names the columns.

    Raises:
        DataError: that cannot be told.
    """
    first, rest = rows[0], rows[1:]
    header = Header([name.strip() for name in first], str(path))
    usual = {name for names in (*USUAL.values(), LISTS) for name in names}
    asked = {
        name.partition("+")[0]
        for name in (settings.user_column, settings.item_column, settings.time_column)
        if name not in (AUTO, "none")
    }
    bare = {name.partition(":")[0] for name in header.names}
    if asked and asked <= (set(header.names) | bare):
        return True
    if any(is_value(word) for word in first[:HEAD_COLUMNS]):
        return False
    if any(plain in usual for plain in header.plain):
        return True
    below = [row for row in rest if len(row) == len(first)]
    for at in range(min(len(first), HEAD_COLUMNS)):
        column = [row[at] for row in below if row[at].strip()]
        if column and all(is_value(word) for word in column):
            return True
    if below and all(_like(first, row) for row in below):
        return False  # user_1,item_10 above user_1,item_11
    shown = ", ".join(repr(clipped(word, 30)) for word in first[:6])
    raise DataError(
        f"is the first line a header? It holds {shown}",
        where=f"{path}, line 1",
        allowed="names of columns, of which one is known",
        remedy="say so: --header yes, and name the columns, "
        f"{header.guess('user')} {header.guess('item')}; or --header no",
    )


def no_header(dialect: Dialect, path: Path) -> DataError:
    """The error where there is none and it is not said which column is what."""
    first = [clipped(word, 30) for word in dialect.head[0]]
    _refuse_sequences(dialect, path)
    numbers = all(map(is_value, dialect.head[0]))
    what = f"the first line holds {'numbers' if numbers else 'values'}, not names of columns"
    return DataError(
        f"there is no header line: {what}: {', '.join(map(repr, first[:8]))}",
        where=f"{path}, line {dialect.skip + 1}",
        allowed="a header line, or numbers of columns from 1",
        remedy="add a header line, such as user,item,timestamp, or say which column is what, as in "
        + _guess(dialect),
    )


def _refuse_sequences(dialect: Dialect, path: Path) -> None:
    """Lines of a user and items, which no numbers of columns describe.

    Raises:
        DataError: the first lines are such.
    """
    rows = [row[:-1] if not row[-1].strip() else row for row in dialect.head]
    widths = {len(row) for row in rows}
    spaced = dialect.separator == "\t" and widths == {2}
    listed = spaced and any(len(row[1].split()) > 1 for row in rows)
    listed = listed and all(_ids(row[1].split()) for row in rows)
    if not listed and (len(widths) < 2 or not all(map(_ids, rows))):
        return
    between = "" if listed else f" --separator {_option(dialect.separator)}"
    raise DataError(
        "there is no header line, and the lines look like a user and its items each",
        where=f"{path}, line {dialect.skip + 1}",
        allowed="a header line, or an option that decides",
        remedy=f"say so: --format sequence{between}",
    )


def _ids(words: Sequence[str]) -> bool:
    return all(any(letter.isdigit() for letter in word) for word in words if word)


def _option(separator: str) -> str:
    """A separator as --separator takes it."""
    word = _NAMES.get(separator, separator)
    return quoted("space" if not separator else word)


def _guess(dialect: Dialect) -> str:
    """Options that could fit a table without a header."""
    width = len(dialect.head[0])
    kinds = [kind_of(dialect.column(at)) for at in range(width)]
    moment = next(
        (at for at in range(width) if kinds[at] in ("time", "date") and _likely(dialect, at)), None
    )
    free = [at for at in range(width) if at != moment] or [0]
    likely = [at for at in free[1:] if not _small(dialect.column(at))]
    free = [free[0], (likely or free[1:] or [1])[0]]
    time = f"--time-column {moment + 1}" if moment is not None else "--time-column none"
    return f"--header no --user-column {free[0] + 1} --item-column {free[1] + 1} {time}"


def _likely(dialect: Dialect, at: int) -> bool:
    from rbench.data.moments import unit_of

    values = dialect.column(at)
    try:
        numbers = times.parse(values, times.NUMBER)[0]
    except ValueError:
        return True
    return bool(unit_of(numbers))


def _small(values: Sequence[str]) -> bool:
    """Whether a column looks like ratings, weights or places on earth."""
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return len(set(values)) <= 3 < len(values)
    return not all(number.is_integer() for number in numbers) or (
        all(abs(n) <= 5 for n in numbers) and (len(set(numbers)) < len(numbers))
    )


def kind_of(values: Sequence[str]) -> str:
    """What a column holds by its first values: see `columns.pick`, ``is_time``."""
    if not values:
        return ""
    if all(map(times.is_clock, values)):
        return "clock" if any(":" in value for value in values) else "hhmm"
    parser = times.Parser()
    try:
        for value in values:
            parser.add([value])
        moments, unit, form = parser.finish()
    except times.Ambiguous:
        return "time"
    except ValueError:
        return ""
    if form == times.NUMBER and moments is not None:
        from rbench.data.moments import calendar_form

        return "date" if calendar_form(moments) == "%Y%m%d" else "time"
    whole = moments is not None and bool((moments % (86400 * times.PER_SECOND[unit]) == 0).all())
    return "date" if whole else "time"


def is_value(word: str) -> bool:
    """Whether a word is a number or a date, which no column is called."""
    word = word.strip().strip('"')
    if not word or not any(letter.isdigit() for letter in word):
        return False
    try:
        times.forms_of(word)
    except ValueError:
        return times.is_clock(word) and ":" in word
    return True


def _like(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two rows are written alike: letters and digits in the same order."""
    return all(_pattern(a) == _pattern(b) for a, b in zip(one, other, strict=True)) and any(
        letter.isdigit() for word in one for letter in word
    )


def _pattern(word: str) -> str:
    return re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "0", word.strip()))
