"""Parquet: one file, or a folder of parts that are read in the order of their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rbench.data import times
from rbench.data.columns import pick
from rbench.data.log import Codes, Log, Times
from rbench.data.rows import clip
from rbench.data.settings import DataSettings
from rbench.errors import DataError, MissingExtraError

MAGIC = b"PAR1"


def read(paths: tuple[Path, ...], settings: DataSettings) -> Log:
    """Any such table, its columns found by name.

    Raises:
        DataError: torn files, no such columns, or a value that is not right.
        MissingExtraError: pyarrow is not installed.
    """
    pa, parquet = _pyarrow(paths[0])
    users, items = Codes(), Codes()
    user_codes, item_codes, moments = [], [], []
    for path in paths:
        where = str(path)
        try:
            names = parquet.read_schema(path).names
            picked = pick(names, settings, where)
            used = [names[at] for at in (picked.user, picked.item, picked.time) if at is not None]
            table = parquet.read_table(path, columns=list(dict.fromkeys(used)))
            user_codes.append(_ids(pa, table, names[picked.user], users, where))
            item_codes.append(_ids(pa, table, names[picked.item], items, where))
            if picked.time is not None:
                moments.append(_times(pa, table, names[picked.time], where))
        except (pa.ArrowException, UnicodeDecodeError, OSError, KeyError) as error:
            what = (str(error) or type(error).__name__).splitlines()[0]
            raise DataError(f"no Parquet that can be read: {what}", where=where) from error
    when = np.concatenate([moment for moment, _ in moments]) if moments else None
    return Log(
        where=str(paths[0] if len(paths) == 1 else paths[0].parent),
        format="parquet",
        users=np.concatenate(user_codes),
        items=np.concatenate(item_codes),
        times=when,
        time_unit="" if when is None else moments[0][1] or times.unit_of(when),
        user_names=tuple(users),
        item_names=tuple(items),
    )


def _ids(pa: Any, table: Any, name: str, codes: Codes, where: str) -> Any:
    """int32 ``(rows,)``; ids are kept as the text that they print as."""
    column = _whole(table, name, where)
    distinct = column.cast(pa.string()).dictionary_encode().unify_dictionaries().combine_chunks()
    if not len(distinct):
        return np.zeros(0, np.int32)
    distinct = distinct.chunk(0) if isinstance(distinct, pa.ChunkedArray) else distinct
    names = distinct.dictionary.to_pylist()
    if "" in names:
        row = int(np.argmax(distinct.indices.to_numpy() == names.index("")))
        raise _hole(name, row, where)
    return codes.encode(names)[distinct.indices.to_numpy()]


def _times(pa: Any, table: Any, name: str, where: str) -> tuple[Times, str]:
    """``(rows,)`` and its unit; empty where numbers do not say."""
    column = _whole(table, name, where)
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).to_numpy(), str(kind.unit)
    if pa.types.is_date(kind):
        return column.cast(pa.timestamp("s")).cast(pa.int64()).to_numpy(), "s"
    if pa.types.is_integer(kind):
        return column.cast(pa.int64()).to_numpy(), ""
    if pa.types.is_floating(kind):
        numbers = column.cast(pa.float64()).to_numpy()
        if not np.isfinite(numbers).all():
            row = int(np.argmin(np.isfinite(numbers)))
            raise _wrong(name, row, str(numbers[row]), "a finite number", where)
        return numbers, ""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _texts(column.to_pylist(), name, where)
    expected = "numbers, dates, timestamps or their text"
    raise DataError(f"column {name!r} holds {kind}", where=where, allowed=expected)


def _texts(texts: list[str], name: str, where: str) -> tuple[Times, str]:
    if not texts:
        return np.zeros(0, np.int64), ""
    try:
        how = times.kind_of(texts[0])
    except ValueError as error:
        raise _wrong(name, 0, texts[0], ", or ".join(times.EXPECTED.values()), where) from error
    try:
        return times.parse(texts, how), "us" if how == "date" else ""
    except ValueError:
        for row, value in enumerate(texts):
            try:
                times.parse([value], how)
            except ValueError as error:
                raise _wrong(name, row, value, times.EXPECTED[how], where) from error
        raise


def _whole(table: Any, name: str, where: str) -> Any:
    """A column without holes."""
    column = table.column(name)
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy()))
        raise _hole(name, row, where)
    return column


def _hole(name: str, row: int, where: str) -> DataError:
    return DataError(
        f"column {name!r} is empty", where=f"{where}, row {row + 1}", allowed="a value in every row"
    )


def _wrong(name: str, row: int, value: str, expected: str, where: str) -> DataError:
    what = f"column {name!r} holds {clip(value)}"
    return DataError(what, where=f"{where}, row {row + 1}", allowed=expected)


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "reading Parquet needs pyarrow",
            where=str(path),
            remedy="install it with: pip install pyarrow",
        ) from error
    return pa, parquet
