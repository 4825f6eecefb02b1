"""Gathers users, items and times of a log part by part, and settles at the end what they mean."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.data import moments, times
from rbench.data.columns import Picked, clipped, quoted
from rbench.data.ids import NOBODY, Codes, is_null, settled
from rbench.data.log import Log, Times
from rbench.data.settings import DataSettings
from rbench.errors import DataError
from rbench.records import Reading

VALUES = 1000
"""Distinct values of a column that are remembered for a message."""


class Collector:
    """What a loader fills, in the order of the file; `finish` makes the log.

    Args:
        names: of all columns.
        form: of times that are text, see `times.Parser`.
    """

    def __init__(
        self,
        picked: Picked,
        names: Sequence[str],
        settings: DataSettings,
        reading: Reading,
        form: str = "auto",
    ) -> None:
        self.picked, self.names, self.settings, self.reading = picked, names, settings, reading
        words = settings.holes == "keep"
        self.users, self.items = Codes(words), Codes(words)
        self.form = form
        self.parser = times.Parser(form)
        self.rows = 0
        self.skipped: Counter[str] = Counter()
        self._codes: tuple[list[Any], list[Any]] = ([], [])
        self._clocks: list[NDArray[np.int64]] = []
        self._arrays: list[tuple[Times, str]] = []
        self._kinds: dict[str, Path] = {}
        self._parts: list[tuple[int, Path]] = []
        self._added = 0
        self._beside: dict[int, list[NDArray[np.str_]]] = {at: [] for at in picked.beside}
        self._first_hole: DataError | None = None
        self._seen: dict[int, Counter[str]] = {}

    def begin(self, path: Path) -> None:
        """What comes now is of this file."""
        self._parts.append((self._added, path))

    def reading_rows(self, count: int) -> None:
        """So many rows more are in the files, whatever becomes of them."""
        self.rows += count

    def matching(
        self, at: int, texts: Sequence[str], values: frozenset[str], kept: list[bool]
    ) -> list[bool]:
        """Which rows hold one of the values in a column, of those that were kept so far."""
        plain = [text.strip() for text in texts]
        seen = self._seen.setdefault(at, Counter())
        if len(seen) < VALUES:
            seen.update(plain)
        fits = [keep and text in values for keep, text in zip(kept, plain, strict=True)]
        self.skipped["rows that --keep leaves out"] += sum(kept) - sum(fits)
        return fits

    def rated(
        self, at: int, texts: Sequence[str], lines: Sequence[int], kept: list[bool]
    ) -> list[bool]:
        """Which rows are rated high enough, of those that were kept so far."""
        least = self.settings.min_rating
        assert least is not None
        fits, low = [], 0
        for line, text, keep in zip(lines, texts, kept, strict=True):
            if keep and is_null(text):
                self.hole(line, self.names[at], 1, text=text.strip())
                fits.append(False)
                continue
            try:
                fits.append(keep and float(text) >= least)
            except ValueError as error:
                raise DataError(
                    f"column {self.names[at]!r} holds {clipped(text)!r}",
                    where=f"{self._parts[-1][1]}, line {line}",
                    allowed="a number",
                ) from error
            low += keep and not fits[-1]
        self.skipped[f"rows rated below {least:g}"] += low
        return fits

    def hole(self, line: int, name: str, count: int, unit: str = "line", text: str = "") -> None:
        """So many rows are without a value; the first of them stands there, and holds a text."""
        self.skipped["rows without user, item or time"] += count
        if self._first_hole is None:
            self._first_hole = DataError(
                f"column {name!r} holds {text!r}" if text else f"column {name!r} is empty",
                where=f"{self._parts[-1][1]}, {unit} {line}",
                allowed="a value in every row",
                remedy=", or keep such words as names with --holes keep"
                if text and name in (self.names[self.picked.user], self.names[self.picked.item])
                else "",
            )

    def add_times(self, texts: list[str], clocks: list[str] | None = None) -> None:
        """Times of the rows whose ids come next.

        Raises:
            ValueError: one is none; nothing is added.
        """
        if clocks is None:
            self.parser.add(texts)
            return
        ticks = np.array([times.clock(text) for text in clocks], np.int64)
        self.parser.add(texts)
        self._clocks.append(ticks)

    def add_array(self, values: Times, unit: str, kind: str) -> None:
        """Likewise, where they are no text.

        Raises:
            DataError: another part of the log has times of another kind.
        """
        path = self._parts[-1][1]
        name = {times.NUMBER: "numbers", "dates": "dates"}.get(kind, "timestamps")
        self._kinds.setdefault(name, path)
        self._arrays.append((values, unit))

    def add_beside(self, columns: Mapping[int, Sequence[str]]) -> None:
        """Further columns of the rows whose ids come next."""
        for at, texts in columns.items():
            self._beside[at].append(np.array([text.strip() for text in texts], np.str_))

    def add_ids(self, users: list[str], items: list[str], lines: Sequence[int]) -> None:
        """Users and items of some rows."""
        codes = self.users.encode(users), self.items.encode(items)
        self.add_codes(*codes, lines, texts=(users, items))

    def add_codes(
        self,
        users: Any,
        items: Any,
        lines: Sequence[int],
        unit: str = "line",
        texts: tuple[Sequence[str], Sequence[str]] = ((), ()),
    ) -> None:
        """Likewise, where they are codes of ``self.users`` and ``self.items`` already."""
        empty = (users == NOBODY) | (items == NOBODY)
        if empty.any():
            first = int(np.argmax(empty))
            at, known = self.picked.user, texts[0]
            if users[first] != NOBODY:
                at, known = self.picked.item, texts[1]
            text = known[first].strip() if len(known) else ""
            self.hole(lines[first], self.names[at], int(empty.sum()), unit, text)
        self._codes[0].append(users)
        self._codes[1].append(items)
        self._added += len(users)

    def finish(self) -> Log:
        """The log.

        Raises:
            DataError: rows have holes, times are ambiguous or of several units, nothing matches.
        """
        where = self.where
        self._refuse_header_again()
        self._refuse_holes()
        self._refuse_unmatched()
        users, items = (
            np.concatenate(parts) if parts else np.zeros(0, np.int32) for parts in self._codes
        )
        when, unit, form, notes = self._times()
        whole = (users != NOBODY) & (items != NOBODY)
        beside = {
            name: np.concatenate(self._beside[at])[whole] if self._beside[at] else np.zeros(0, "U1")
            for name, at in zip(self.settings.beside, self.picked.beside, strict=True)
        }
        if not whole.all():
            users, items = users[whole], items[whole]
            when = when[whole] if when is not None else None
        users, user_names, said = settled(users, self.users.names, "user")
        items, item_names, said_too = settled(items, self.items.names, "item")
        notes += [*said, *said_too]
        if when is not None and len(when):
            notes += moments.suspicious(when, unit)
        if len(self.parser.zones) == 2:
            notes.append("some times have a zone and others none: those are taken as UTC")
        picked = self.picked
        time = ""
        if picked.time is not None:
            time = self.names[picked.time]
            time += f"+{self.names[picked.clock]}" if picked.clock is not None else ""
        before = self.reading
        return Log(
            where=where,
            format=before.format,
            users=users,
            items=items,
            times=when,
            time_unit=unit,
            user_names=user_names,
            item_names=item_names,
            beside=beside,
            reading=msgspec.structs.replace(
                before,
                files=len(self._parts),
                user=clipped(self.names[picked.user]),
                item=clipped(self.names[picked.item]),
                time=clipped(time),
                rating=clipped(self.names[picked.rating]) if picked.rating is not None else "",
                time_format=form,
                time_unit=unit,
                rows=self.rows,
                skipped={**before.skipped, **{k: n for k, n in self.skipped.items() if n}},
                notes=(*before.notes, *picked.notes, *notes),
            ),
        )

    @property
    def where(self) -> str:
        """What messages call the log."""
        paths = [path for _, path in self._parts]
        return str(paths[0] if len(paths) == 1 else paths[0].parent)

    def place(self, row: int) -> str:
        """A row by its file and number."""
        at = bisect_right([start for start, _ in self._parts], row) - 1
        start, path = self._parts[at]
        return f"{path}, interaction {row - start + 1:,}"

    def _refuse_header_again(self) -> None:
        user, item = self.names[self.picked.user], self.names[self.picked.item]
        if self.reading.header == "yes" and user in self.users and item in self.items:
            raise DataError(
                f"the header line stands among the rows: {user!r} is a user, {item!r} an item",
                where=self.where,
                remedy="files were put together: take the further header lines out",
            )

    def _refuse_holes(self) -> None:
        first = self._first_hole
        if first is None or self.settings.holes == "drop":
            return
        count = self.skipped["rows without user, item or time"]
        keeping = first.remedy if self.settings.holes == "refuse" else ""
        other = self._other_user() if count == self.rows else ""
        raise DataError(
            f"{first.what}; {count:,} of {self.rows:,} rows lack user, item or time",
            where=first.where,
            allowed=first.allowed,
            remedy=other
            or f'leave them out with --holes drop (holes = "drop" in [data] of a study){keeping}',
        )

    def _other_user(self) -> str:
        """Another column to read the user from, where the one that was read is empty throughout."""
        from rbench.data.columns import SESSIONS, Header

        header = Header(self.names, "")
        found = [
            name for name, plain in zip(self.names, header.plain, strict=True) if plain in SESSIONS
        ]
        return (
            f"every row does: read another column, --user-column {quoted(found[0])}"
            if (found)
            else "every row does: name another column, as in --user-column NAME"
        )

    def _refuse_unmatched(self) -> None:
        for at, values in self.picked.keep:
            seen = self._seen.get(at, Counter())
            missing = sorted(values - set(seen))
            if missing and len(seen) < VALUES and self.rows:
                common = ", ".join(repr(clipped(value, 30)) for value, _ in seen.most_common(10))
                raise DataError(
                    f"no row has {missing[0]!r} in column {self.names[at]!r}",
                    where=self.where,
                    allowed=f"the values there: {common}" + (", …" if len(seen) > 10 else ""),
                )

    def _times(self) -> tuple[Times | None, str, str, list[str]]:
        """Times, their unit, their form, notes."""
        if self.picked.time is None:
            return None, "", "", []
        try:
            values, unit, form = self.parser.finish()
            if self._arrays:
                if values is not None or len(self._kinds) > 1:
                    raise self._kinds_differ(values is not None)
                form = times.NUMBER if "numbers" in self._kinds else "timestamp"
                values, unit = times.unified(self._arrays)
        except times.Ambiguous as error:
            first, second = error.forms[:2]
            raise DataError(
                f"dates in column {self.names[self.picked.time]!r} can be read in "
                f"{len(error.forms)} ways",
                where=self.where,
                allowed=", ".join(error.forms),
                remedy=f"say which: --time-format {quoted(first)}, or --time-format "
                f"{quoted(second)}",
            ) from error
        except ValueError as error:
            raise DataError(f"times do not fit together: {error}", where=self.where) from error
        if values is None:
            return np.zeros(0, np.int64), "", form, []
        if form == times.NUMBER:
            values, unit, form = self._numbers(values)
        elif self.settings.time_unit != "auto":
            raise DataError(
                f"column {self.names[self.picked.time]!r} holds dates, which have no unit",
                where=self.where,
                remedy="leave --time-unit out",
            )
        if self._clocks:
            values, unit = _joined(values, unit, np.concatenate(self._clocks))
        return values, unit, form, []

    def _numbers(self, values: Times) -> tuple[Times, str, str]:
        asked = self.settings.time_unit
        if asked != "auto":
            return values, "" if asked == "none" else asked, times.NUMBER
        dates_possible = self.form == "auto"
        form = moments.calendar_form(values) if dates_possible else ""
        if form:
            texts = [str(value) for value in values.astype(np.int64).tolist()]
            try:
                dates, unit = times.parse(texts, form)
            except ValueError:
                pass  # the 31st of February: no dates after all
            else:
                return dates, unit, form
        if dates_possible and moments.short_calendar(values):
            raise DataError(
                f"times such as {values[0]} are seconds since 1970 "
                f"({times.show(values[0], 's')}) or dates without a century",
                where=self.where,
                remedy="say which: --time-unit s, or --time-format %y%m%d%H%M",
            )
        if found := moments.mixed(values):
            (first, unit), (other, another) = found
            said = (
                f"{self.place(row)}: {values[row]} in {moments.NAMES[name]}"
                for row, name in ((first, unit), (other, another))
            )
            raise DataError(
                f"times in {moments.NAMES[unit]} and in {moments.NAMES[another]}: "
                + "; ".join(said),
                where=self.where,
                allowed="one unit",
                remedy="bring them to one unit, or say what they are: --time-unit s, ms, us, ns "
                "or none",
            )
        return values, moments.unit_of(values), times.NUMBER

    def _kinds_differ(self, texts: bool) -> DataError:
        said = [f"{kind} in {path.name}" for kind, path in self._kinds.items()]
        said += ["text in another part"] if texts else []
        return DataError(
            f"the parts have times of several kinds: {', '.join(said)}",
            where=self.where,
            allowed="one kind",
            remedy="write the parts anew with one type of time",
        )


def _joined(dates: Times, unit: str, clocks: NDArray[np.int64]) -> tuple[Times, str]:
    """Dates with times of day, in microseconds."""
    if not unit:
        raise DataError("the dates beside the times of day are no dates", remedy="name the times")
    factor = times.PER_SECOND["us"] // times.PER_SECOND[unit] if unit != "ns" else 1
    if unit == "ns":
        return dates + clocks * 1000, unit
    return (dates * factor).astype(np.int64) + clocks, "us"
