"""Times as they stand in logs: numbers since some epoch, ISO 8601, and dates in other forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.log import Times
from rbench.system import extras

NUMBER, ISO = "number", "iso"
EXPECTED = {
    NUMBER: "a number, such as seconds since 1970",
    ISO: "an ISO 8601 date, such as 2024-05-31 or 2024-05-31T12:00:00Z",
}
ANY = ", or ".join(EXPECTED.values()) + ", or a date in a form that --time-format names"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1)
_TICK = timedelta(microseconds=1)
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_CLOCKS = (
    *("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p"),
    *(", %H:%M", ", %H:%M:%S", ", %I:%M %p", ", %I:%M:%S %p"),
)
_DATES = (
    *("%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y"),
    *("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y"),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d/%b/%Y"),
    *("%b %d %Y", "%B %d %Y", "%b %d, %Y", "%B %d, %Y", "%A, %B %d, %Y", "%a, %b %d, %Y"),
)
FORMS = (
    *(date + clock for date in _DATES for clock in _CLOCKS),
    *("%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y"),
    *("%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S", "%Y-%m"),
    *(
        "%Y-%m-%d %H:%M:%S %z",
        "%m %d, %Y",
        "%d-%b-%y",
        "%Y-%m-%d %I:%M:%S %p",
        "%Y-%m-%d %I:%M %p",
        "%m/%d/%y",
        "%d/%m/%y",
        "%y/%m/%d",
    ),
    *("%d.%m.%y", "%d.%m.%y %H:%M", "%d.%m.%y %H:%M:%S", "[%d/%b/%Y:%H:%M:%S %z]"),
    *("%b %d %Y %I:%M%p", "%A, %d %B %Y", "%m/%d/%y %I:%M %p", "%d/%m/%y %I:%M %p"),
    *("%a %b %d %H:%M:%S UTC %Y", "%a %b %d %H:%M:%S GMT %Y"),
    *("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"),  # ISO, but for its blanks
    *("%m/%d/%y %H:%M", "%d/%m/%y %H:%M", "%y/%m/%d %H:%M"),
    *("%m/%d/%y %H:%M:%S", "%d/%m/%y %H:%M:%S", "%y/%m/%d %H:%M:%S"),
)
"""Forms of dates that are tried, in strptime's words; of those that fit all values one is used."""
_FINER = re.compile(r"[.,](\d{7,})")
_DATED = re.compile(r"\d[-/.:, ]|[-/.:, ]\d")
_ZONE_WORD = re.compile(r"\s*(?:UTC|GMT|Z)$")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$")
_HHMM = re.compile(r"\d{1,4}$")
_NO_DATE = re.compile(r"\s*0000-00-00(?:[T ][0:.]*)?Z?\s*$")


class Ambiguous(ValueError):  # noqa: N818 - what was found, not a fault
    """More than one form fits all values, and they are not the same times."""

    def __init__(self, forms: list[str]) -> None:
        super().__init__(", ".join(forms))
        self.forms = forms


class Parser:
    """Turns the texts of one column into times, part by part, all in the same form.

    What the first values allow is tried on all; `finish` says what fitted.

    Args:
        form: ``number``, ``iso``, strptime's words, or ``auto``.
    """

    def __init__(self, form: str = "auto") -> None:
        self.form = form
        self.zones: set[bool] = set()
        """Whether ISO dates had a zone; both where only some had."""
        self._alive: dict[str, list[tuple[Times, str]]] | None = None
        if form != "auto":
            self._alive = {form: []}

    def add(self, texts: list[str]) -> None:
        """Parse some more values.

        Raises:
            ValueError: they fit no form that fitted those before; nothing is added.
        """
        if not texts:
            return
        forms = list(self._alive) if self._alive is not None else forms_of(texts[0])
        found: dict[str, tuple[Times, str]] = {}
        for form in forms:
            try:
                found[form] = self._isos(texts) if form == ISO else parse(texts, form)
            except ValueError:
                continue
        if not found:
            raise ValueError(texts[0])
        before = self._alive or {}
        self._alive = {form: [*before.get(form, []), part] for form, part in found.items()}

    def _isos(self, texts: list[str]) -> tuple[Times, str]:
        found = parse(texts, ISO)
        if len(self.zones) < 2:
            self.zones |= set(map(_has_zone, texts))
        return found

    def first_fault(self, texts: list[str]) -> tuple[int, str] | None:
        """The place of the first text that does not fit, and what was expected; None if all do."""
        probe = Parser()
        probe._alive = {form: [] for form in self._alive} if self._alive is not None else None
        for at, text in enumerate(texts):
            try:
                probe.add([text])
            except ValueError:
                alive = list(probe._alive or {})[:4]
                said = (EXPECTED.get(form, f"a date like {form}") for form in alive)
                return at, ", or ".join(said) or ANY
        return None

    def finish(self) -> tuple[Times | None, str, str]:
        """All values, their unit (empty where numbers do not say) and their form.

        Raises:
            Ambiguous: see there.
            ValueError: the values of all parts together do not fit.
        """
        if not self._alive:
            return None, "", self.form
        done = {form: unified(parts) for form, parts in self._alive.items()}
        (form, (values, unit)), *others = done.items()
        if any(not np.array_equal(values, other) for _, (other, _) in others):
            raise Ambiguous(list(done))
        return values, unit, form


def forms_of(text: str) -> list[str]:
    """The forms that a text may have.

    Raises:
        ValueError: none of those that are known.
    """
    for form in (NUMBER, ISO):
        try:
            parse([text], form)
        except ValueError:
            continue
        return [form]
    found = []
    if 6 <= len(text) < 64 and _DATED.search(text):
        for form in FORMS:
            try:
                datetime.strptime(_zone(text, form), form)
            except ValueError:
                continue
            found.append(form)
    if not found:
        raise ValueError(text)
    return found


def parse(texts: list[str], form: str) -> tuple[Times, str]:
    """``(len(texts),)`` and the unit: numbers as they are, without one; dates as int64
    microseconds since 1970, or nanoseconds where one is as fine.

    A date without a zone is taken as UTC. Whole numbers stay whole: nanoseconds since 1970 do
    not fit into a float.

    Raises:
        ValueError: one of them does not have this form.
    """
    if form == NUMBER:
        return _numbers(texts), ""
    if form == ISO:
        longest = max(map(len, texts), default=0)
        if longest > 26 and any(map(_FINER.search, texts)):
            return np.array([_nanoseconds(text) for text in texts], np.int64), "ns"
        return np.array([_microseconds(text) for text in texts], np.int64), "us"
    return _formatted(texts, form), "us"


def _numbers(texts: list[str]) -> Times:
    if "_" in "".join(texts):  # Python reads 1_000 as a number, logs do not
        raise ValueError("_")
    try:
        return np.array([int(text) for text in texts], np.int64)
    except OverflowError as error:  # as floats, times that differ would be the same
        raise ValueError("beyond 64 bits") from error
    except ValueError:
        numbers = np.array([float(text) for text in texts], np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("not finite")
    return numbers


def _microseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    epoch = _EPOCH if moment.tzinfo is not None else _EPOCH_WITHOUT_ZONE
    try:
        return (moment - epoch) // _TICK
    except OverflowError as error:
        raise ValueError(text) from error


def _nanoseconds(text: str) -> int:
    found = _FINER.search(text)
    digits = found[1] if found else ""
    if digits[9:].strip("0"):
        raise ValueError(f"finer than nanoseconds: {text}")
    if found:
        text = text[: found.start(1)] + digits[:6] + text[found.end(1) :]
    value = _microseconds(text) * 1000 + int(digits[6:9].ljust(3, "0") or 0)
    if abs(value) >= 2**63:
        raise ValueError(text)
    return value


def _has_zone(text: str) -> bool:
    text = text.strip()
    return text[-1:] in ("Z", "z", "C") or "+" in text[10:] or "-" in text[10:]


def is_no_date(text: str) -> bool:
    """Whether this is what MySQL writes where there is no date."""
    return bool(_NO_DATE.match(text))


def _zone(text: str, form: str) -> str:
    """strptime knows no zones by name: those that are UTC become numbers, or go."""
    text = " ".join(text.split())
    return _ZONE_WORD.sub(" +0000" if form.endswith("%z") else "", text)


def _formatted(texts: list[str], form: str) -> NDArray[np.int64]:
    """By pandas, which is ten times as fast as strptime."""
    extras.require("report", f"a date of the form {form}", "pandas", instead="ISO 8601")
    import pandas as pd

    texts = [_zone(text, form) for text in texts]
    if not all(any(map(str.isdigit, text)) for text in texts):  # "now", "nan"
        raise ValueError("no date")
    # Each date stands for many rows in most logs.
    found = pd.to_datetime(pd.Series(texts), format=form, utc=True)
    if found.isna().any():
        raise ValueError("no date")
    return np.asarray(
        found.dt.tz_localize(None).to_numpy().astype("datetime64[us]"), "M8[us]"
    ).astype(np.int64)


def unified(parts: list[tuple[Any, str]]) -> tuple[Any, str]:
    """Parts of one column in the finest of their units.

    Raises:
        ValueError: the finest is too fine for the latest.
    """
    units = {unit for _, unit in parts}
    if len(units) == 1:
        return np.concatenate([values for values, _ in parts]), next(iter(units))
    finest = max(units, key=PER_SECOND.__getitem__)
    scaled = []
    for values, unit in parts:
        factor = PER_SECOND[finest] // PER_SECOND[unit]
        if len(values) and max(abs(int(values.min())), abs(int(values.max()))) * factor >= 2**63:
            raise ValueError(f"too far from 1970 for {finest}")
        scaled.append(values * factor)
    return np.concatenate(scaled), finest


def clock(text: str) -> int:
    """A time of day in microseconds: ``23:50``, ``23:50:01.5``, or ``2350`` as a whole number.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if found := _CLOCK.match(text):
        hours, minutes = int(found[1]), int(found[2])
        seconds, fraction = int(found[3] or 0), (found[4] or "").ljust(6, "0")
    elif _HHMM.match(text):
        (hours, minutes), seconds, fraction = divmod(int(text), 100), 0, "0"
    else:
        raise ValueError(text)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(text)
    return ((hours * 60 + minutes) * 60 + seconds) * 10**6 + int(fraction)


def is_clock(text: str) -> bool:
    """Whether a text is a time of day."""
    try:
        clock(text)
    except ValueError:
        return False
    return True


def show(time: float, unit: str) -> str:
    """A time for people, so that different times look different: ISO 8601 in UTC where the unit
    is known, else the number.
    """
    whole = int(time)
    if unit:
        try:
            moment = _EPOCH + timedelta(seconds=whole // PER_SECOND[unit])
            text = moment.strftime("%Y-%m-%dT%H:%M:%S")
        except OverflowError:
            pass
        else:
            if whole == time:  # whole units: exact
                digits = len(str(PER_SECOND[unit])) - 1
                rest = f"{whole % PER_SECOND[unit]:0{digits}d}" if digits else ""
            else:
                ticks = (float(time) % PER_SECOND[unit]) / PER_SECOND[unit]
                rest = f"{ticks:.6f}"[2:] if ticks < 0.9999995 else "999999"
            rest = rest.rstrip("0")
            return f"{text}.{rest}Z" if rest else f"{text}Z"
    return str(whole) if whole == time else repr(float(time))
