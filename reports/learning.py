"""Files that learn their user: what it is worth tap by tap, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbench.records import StreamGain, StreamQuality
from rbench_reports.cells import Cell, Sheet
from rbench_reports.numbers import MISSING, SCORE, alone, finite


@dataclass(frozen=True)
class Row:
    """One file."""

    encoder: str
    recipe: str
    verdict: str
    known: str
    """Users that training has met."""
    new: str
    rates: str
    times: tuple[tuple[str, str], ...] = ()
    """(target, the median of one step of learning)."""
    reason: str = ""
    """Why the file does not learn; then nothing else."""


HEADS = (
    "encoder",
    "recipe",
    "worth it?",
    "NDCG@10 of the next tap",
    "new users",
    "rates",
    "a step",
)
HELPS, UNSURE, HARMS = "yes", "not told apart: leave it off", "no: leave it off"


def rows(sheet: Sheet) -> tuple[Row, ...]:
    """The files of a run that was asked to learn, in the order of the study; else none."""
    found = []
    for (encoder, recipe), cells in sheet.files().items():
        made = next((cell for cell in cells if cell.record.model), None)
        if made is None or not made.record.model:
            continue
        said = made.record.model.census.get("personal")
        if isinstance(said, Mapping):
            found.append(_row(encoder, recipe, said, cells, made))
    return tuple(found)


def cells_of(row: Row) -> tuple[str, ...]:
    """A row as words, in the order of `HEADS`."""
    if row.reason:
        return (row.encoder, row.recipe, f"cannot: {row.reason}", *[MISSING] * 4)
    times = "; ".join(f"{target}: {text}" for target, text in row.times) or MISSING
    return (row.encoder, row.recipe, row.verdict, row.known, row.new, row.rates, times)


def verdict(gain: StreamGain | None) -> str:
    """Whether learning helps beyond its interval."""
    if gain is None:
        return MISSING
    if gain.low > 0:
        return HELPS
    return HARMS if gain.high < 0 else UNSURE


def _row(encoder: str, recipe: str, said: Mapping[str, Any], cells: list[Cell], made: Cell) -> Row:
    reason = said.get("reason")
    if isinstance(reason, str):
        return Row(encoder, recipe, MISSING, MISSING, MISSING, MISSING, reason=reason)
    stream = made.record.quality.stream if made.record.quality else None
    known = stream.known if stream else None
    return Row(
        encoder,
        recipe,
        verdict(known or (stream.new if stream else None)),
        _gain(known),
        _gain(stream.new if stream else None),
        _rates(stream, said),
        tuple((cell.target, text) for cell in cells if (text := _time(cell))),
    )


def _gain(gain: StreamGain | None) -> str:
    if gain is None:
        return MISSING
    before, after = SCORE.text(gain.frozen), SCORE.text(gain.learning)
    return (
        f"{before} frozen, {after} learning: {gain.low:+.4f} to {gain.high:+.4f} "
        f"({gain.users:,} users, {gain.taps:,} taps)"
    )


def _rates(stream: StreamQuality | None, said: Mapping[str, Any]) -> str:
    """What other users chose, and what is in the file where that differs."""
    chosen = [(one.get("rate"), one.get("decay")) for one in stream.rates] if stream else []
    own = (said.get("rate"), said.get("decay"))
    words = " and ".join(_pair(*one) for one in dict.fromkeys(chosen))
    inside = "" if set(chosen) == {own} else f"in the file {_pair(*own)}"
    return "; ".join(filter(None, (words, inside))) or MISSING


def _pair(rate: Any, decay: Any) -> str:
    numbers = [f"{one:g}" if isinstance(one, int | float) else MISSING for one in (rate, decay)]
    return "rate {}, decay {}".format(*numbers)


def _time(cell: Cell) -> str:
    timing = cell.record.timing
    if timing is None or timing.update is None or finite(timing.update.median_us) is None:
        return ""
    return alone("us", timing.update.median_us)
