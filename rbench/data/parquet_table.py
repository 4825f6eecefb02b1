"""Parquet: one file, or parts that are read in the order of their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.data import dialect as dialects
from rbench.data import times
from rbench.data.collector import Collector
from rbench.data.columns import NO_TIME, Header, Picked, clipped, pick
from rbench.data.csv_table import Part
from rbench.data.ids import Codes, is_null
from rbench.data.log import Log
from rbench.data.rows import clip
from rbench.data.settings import DataSettings
from rbench.errors import DataError, MissingExtraError
from rbench.records import Reading

MAGIC = b"PAR1"
HEAD = 50


def read(parts: Sequence[Part], settings: DataSettings, reading: Reading) -> Log:
    """Any such table, its columns found by name.

    Raises:
        DataError: torn files, no such columns, or a value that is not right.
        MissingExtraError: pyarrow is not installed.
    """
    pa, parquet = arrow(parts[0][0])
    collector: Collector | None = None
    for path, folders in parts:
        try:
            with parquet.ParquetFile(path) as file:
                known = collector and [collector.names[at] for at in collector.picked.used]
                part = _Part(pa, file, path, folders, settings, known or ())
                if collector is None:
                    form = settings.time_format
                    collector = Collector(part.picked, part.names, settings, reading, form)
                    settings = _same(part.picked, part.names, settings)
                collector.begin(path)
                part.give(collector)
        except (pa.ArrowException, UnicodeDecodeError, OSError, KeyError) as error:
            what = (str(error) or type(error).__name__).splitlines()[0]
            raise DataError(f"no Parquet that can be read: {what}", where=str(path)) from error
    assert collector is not None
    return collector.finish()


class _Part:
    """One file."""

    def __init__(
        self,
        pa: Any,
        file: Any,
        path: Path,
        folders: tuple[tuple[str, str], ...],
        settings: DataSettings,
        known: Sequence[str],
    ) -> None:
        self.pa, self.where, self.settings = pa, str(path), settings
        schema = file.schema_arrow
        self.names = [*schema.names, *(name for name, _ in folders if name not in schema.names)]
        self.types = {
            name: _flat_type(pa, schema.field(name).type)
            for name in set(schema.names)
            if schema.names.count(name) == 1
        }
        self.listed = {name for name in self.types if _is_list(pa, schema.field(name).type)}
        self.folders = {name: value for name, value in folders if name not in schema.names}
        for name in known:
            if name not in self.names:
                raise DataError(
                    f"this part has no column {clipped(name)!r}, which the first has",
                    where=self.where,
                    allowed=Header(self.names, self.where).there(),
                )
        self._head: Any = None
        self._file = file
        self.picked: Picked = pick(
            Header(self.names, self.where),
            settings,
            is_time=self._is_time,
            is_list=lambda at: self.names[at] in self.listed,
        )
        used = [self.names[at] for at in self.picked.used if self.names[at] not in self.folders]
        self.table = file.read(columns=used)
        self._spread: tuple[Any, Any] | None = None
        item = self.names[self.picked.item]
        if item in self.listed:
            self._explode(item)

    def give(self, collector: Collector) -> None:
        """Hand the columns over, rows that are left out aside."""
        picked, rows = self.picked, self.table.num_rows
        if self._spread is not None:
            rows = len(self._spread[0])
        collector.reading_rows(rows)
        kept = np.ones(rows, np.bool_)
        for at, values in picked.keep:
            texts = self._texts(at)
            kept &= np.array(collector.matching(at, texts, values, kept.tolist()), np.bool_)
        if picked.rating is not None:
            lines = range(1, rows + 1)
            texts = self._texts(picked.rating)
            kept &= np.array(collector.rated(picked.rating, texts, lines, kept.tolist()), np.bool_)
        if picked.time is not None:
            kept = self._times(collector, kept)
        places = np.flatnonzero(kept)
        texts_of = {at: self._texts(at) for at in picked.beside}
        collector.add_beside({at: [texts[n] for n in places] for at, texts in texts_of.items()})
        users, items = (
            self._codes(at, codes)[places]
            for at, codes in ((picked.user, collector.users), (picked.item, collector.items))
        )
        collector.add_codes(users, items, _Places(places), "row")

    def _column(self, at: int) -> Any:
        """A column, as long as there are interactions."""
        name = self.names[at]
        if name in self.folders:
            length = self.table.num_rows
            column = self.pa.chunked_array(
                [self.pa.repeat(self.folders[name], length)], self.pa.string()
            )
        else:
            column = self.table.column(name)
            if self.pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
        if self._spread is None:
            return column
        parents, lists = self._spread
        return lists[name] if name in lists else column.take(parents)

    def _explode(self, item: str) -> None:
        """One row for each element of the lists."""
        import pyarrow.compute as pc

        column = self.table.column(item).combine_chunks()
        lengths = pc.fill_null(pc.list_value_length(column), 0)
        lists = {}
        others = (self.picked.time, *self.picked.beside)
        for name in (item, *(self.names[at] for at in others if at is not None)):
            if name not in self.listed:
                continue
            other = self.table.column(name).combine_chunks()
            if not pc.fill_null(pc.list_value_length(other), 0).equals(lengths):
                raise DataError(
                    f"lists in {name!r} and {item!r} have unlike lengths", where=self.where
                )
            flat = pc.list_flatten(other)
            lists[name] = self.pa.chunked_array([flat])
        parents = self.pa.array(np.repeat(np.arange(len(column)), lengths.to_numpy()))
        self._spread = (parents, lists)

    def _texts(self, at: int) -> list[str]:
        """A column's values as text, as ids are; empty where there is none."""
        column = self._column(at)
        if self.pa.types.is_floating(column.type):
            column = _whole(self.pa, column)
        if self.pa.types.is_boolean(column.type):
            column = column.cast(self.pa.string())
        return ["" if one is None else str(one) for one in column.to_pylist()]

    def _codes(self, at: int, codes: Codes) -> NDArray[np.int32]:
        """int32 ``(rows,)``; ids are kept as the text that they print as."""
        pa, name, column = self.pa, self.names[at], self._column(at)
        kind = column.type
        if pa.types.is_nested(kind):
            raise DataError(
                f"column {name!r} holds {kind}",
                where=self.where,
                allowed="numbers or text",
                remedy=f"make rows of it: pandas' DataFrame.explode({name!r})",
            )
        if not len(column):
            return np.zeros(0, np.int32)
        try:
            distinct, rows = self._distinct(column)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            raise DataError(
                f"column {name!r} holds {kind} that is no text",
                where=self.where,
                allowed="numbers or text",
            ) from error
        return np.asarray(codes.encode(distinct)[rows])

    def _distinct(self, column: Any) -> tuple[list[str], NDArray[np.int32]]:
        """A column's different values as text, by first appearance, and each row's place there.

        Values become text once each, not row by row.

        Raises:
            pyarrow.ArrowException: its values have no text.
        """
        pa = self.pa
        try:
            encoded = column.dictionary_encode()
        except pa.ArrowNotImplementedError:
            encoded = column.cast(pa.string()).dictionary_encode()
        encoded = encoded.unify_dictionaries().combine_chunks()
        encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
        values, rows = encoded.dictionary, encoded.indices
        if pa.types.is_floating(values.type):
            values = _whole(pa, values)
        texts = values.cast(pa.string()).fill_null("").to_pylist()
        if rows.null_count:
            rows = rows.fill_null(len(texts))
            texts.append("")
        return texts, rows.to_numpy()

    def _times(self, collector: Collector, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Give the times of the rows that are kept; say which rows have one."""
        pa, picked = self.pa, self.picked
        assert picked.time is not None
        name, column = self.names[picked.time], self._column(picked.time)
        kind = column.type
        if picked.clock is not None or _is_text(pa, kind):
            return self._text_times(collector, kept)
        if self.settings.time_format not in ("auto", "number"):
            return self._text_times(collector, kept)
        empty = column.is_null().to_numpy()
        if pa.types.is_floating(kind):
            empty |= np.isnan(column.cast(pa.float64()).fill_null(0.0).to_numpy())
        empty &= kept
        if empty.any():
            collector.hole(int(np.argmax(empty)) + 1, name, int(empty.sum()), "row")
            kept = kept & ~empty
        if not kept.all():
            column = column.filter(pa.array(kept))
        values, unit, what = self._array(column, name)
        collector.add_array(values, unit, what)
        return kept

    def _array(self, column: Any, name: str) -> tuple[Any, str, str]:
        pa, kind = self.pa, column.type
        if pa.types.is_timestamp(kind):
            return column.cast(pa.int64()).to_numpy(), str(kind.unit), str(kind)
        if pa.types.is_date(kind):
            return column.cast(pa.timestamp("s")).cast(pa.int64()).to_numpy(), "s", "dates"
        if pa.types.is_integer(kind):
            return column.cast(pa.int64()).to_numpy(), "", times.NUMBER
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            numbers = column.cast(pa.float64()).to_numpy()
            if not np.isfinite(numbers).all():
                row = int(np.argmin(np.isfinite(numbers)))
                raise self._wrong(name, row, str(numbers[row]), "a finite number")
            return numbers, "", times.NUMBER
        if pa.types.is_null(kind):
            return np.zeros(0, np.int64), "", times.NUMBER
        expected = "numbers, dates, timestamps or their text"
        raise DataError(f"column {name!r} holds {kind}", where=self.where, allowed=expected)

    def _text_times(self, collector: Collector, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
        picked = self.picked
        assert picked.time is not None
        name, texts = self.names[picked.time], self._texts(picked.time)
        clocks = self._texts(picked.clock) if picked.clock is not None else None
        empty = np.array([is_null(text) for text in texts], np.bool_) & kept
        if clocks is not None:
            empty |= np.array([is_null(text) for text in clocks], np.bool_) & kept
        if empty.any():
            collector.hole(int(np.argmax(empty)) + 1, name, int(empty.sum()), "row")
            kept = kept & ~empty
        there = np.flatnonzero(kept)
        texts = [texts[row] for row in there]
        clocks = [clocks[row] for row in there] if clocks is not None else None
        try:
            collector.add_times(texts, clocks)
        except ValueError as error:
            found = collector.parser.first_fault(texts)
            if found is None:
                raise DataError(
                    f"column {self.names[picked.clock or 0]!r} holds no times of day",
                    where=self.where,
                ) from error
            raise self._wrong(name, int(there[found[0]]), texts[found[0]], found[1]) from error
        return kept

    def _is_time(self, at: int) -> str:
        """What a column holds: see `columns.pick`."""
        pa, name = self.pa, self.names[at]
        if name in self.folders:
            return dialects.kind_of([self.folders[name]])
        kind = self.types.get(name)
        if kind is None or pa.types.is_nested(kind):
            return ""
        types = pa.types
        for is_one, what in (
            (types.is_timestamp, "time"),
            (types.is_date, "date"),
            (types.is_time, "clock"),
            (lambda _: name in self.listed, "time"),
        ):
            if is_one(kind):
                return what
        if self._head is None:
            self._head = next(self._file.iter_batches(batch_size=HEAD), None)
        values = self._head.column(name).to_pylist() if self._head is not None else []
        return dialects.kind_of(
            [str(one) for one in values if one is not None and str(one).strip()]
        )

    def _wrong(self, name: str, row: int, value: str, expected: str) -> DataError:
        what = f"column {name!r} holds {clip(value)}"
        return DataError(what, where=f"{self.where}, row {row + 1}", allowed=expected)


def _same(picked: Picked, names: Sequence[str], settings: DataSettings) -> DataSettings:
    """The settings that pick the columns of the first part in all others."""
    time = NO_TIME if picked.time is None else names[picked.time]
    if picked.time is not None and picked.clock is not None:
        time += f"+{names[picked.clock]}"
    return msgspec.structs.replace(
        settings, user_column=names[picked.user], item_column=names[picked.item], time_column=time
    )


class _Places(Sequence[int]):
    """Row numbers from 1 of places in a file."""

    def __init__(self, places: NDArray[np.int64]) -> None:
        self.places = places

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, at: Any) -> Any:
        return int(self.places[at]) + 1


def _is_list(pa: Any, kind: Any) -> bool:
    views = (getattr(pa.types, name, None) for name in ("is_list_view", "is_large_list_view"))
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, *views)
    return any(test(kind) for test in tests if test is not None)


def _flat_type(pa: Any, kind: Any) -> Any:
    if _is_list(pa, kind):
        kind = kind.value_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(pa: Any, kind: Any) -> bool:
    view = getattr(pa.types, "is_string_view", lambda kind: False)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or view(kind))


def _whole(pa: Any, column: Any) -> Any:
    """Floats that all are whole numbers as whole numbers."""
    import pyarrow.compute as pc

    column = column.cast(pa.float64())
    if column.null_count < len(column) and pc.any(pc.is_nan(column)).as_py():
        column = pc.if_else(pc.is_nan(column), None, column)
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def arrow(path: Path) -> tuple[Any, Any]:
    """The library and its module for Parquet.

    Raises:
        MissingExtraError: it is not installed.
    """
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
