"""Item by item: what a file's signature `tap` costs beside the whole context, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbench.records import TapQuality
from rbench_reports.cells import Cell, Sheet
from rbench_reports.numbers import MISSING, SCORE, alone, finite


@dataclass(frozen=True)
class Row:
    """One file."""

    encoder: str
    recipe: str
    state: str
    """Numbers that an app keeps between taps."""
    times: tuple[tuple[str, str], ...]
    """(target, the tap's median beside the whole context's)."""
    agreement: str
    beyond: str
    """Of users with longer histories."""
    reason: str = ""
    """Why there is none; then nothing else."""


HEADS = ("encoder", "recipe", "state", "time", "up to a context's length", "beyond")


def rows(sheet: Sheet) -> tuple[Row, ...]:
    """The files of a run that was asked for taps, in the order of the study; else none."""
    found = []
    for (encoder, recipe), cells in sheet.files().items():
        made = next((cell for cell in cells if cell.record.model), None)
        if made is None or not made.record.model:
            continue
        said = made.record.model.census.get("tap")
        if not isinstance(said, Mapping):
            continue
        found.append(_row(encoder, recipe, said, cells, made))
    return tuple(found)


def cells_of(row: Row) -> tuple[str, ...]:
    """A row as words, in the order of `HEADS`."""
    if row.reason:
        return (row.encoder, row.recipe, MISSING, f"none: {row.reason}", MISSING, MISSING)
    times = "; ".join(f"{target}: {text}" for target, text in row.times) or MISSING
    return (row.encoder, row.recipe, row.state, times, row.agreement, row.beyond)


def _row(encoder: str, recipe: str, said: Mapping[str, Any], cells: list[Cell], made: Cell) -> Row:
    reason = said.get("reason")
    if isinstance(reason, str):
        return Row(encoder, recipe, MISSING, (), MISSING, MISSING, reason)
    numbers = said.get("numbers")
    quality = made.record.quality.tap if made.record.quality else None
    return Row(
        encoder,
        recipe,
        f"{numbers:,} numbers" if isinstance(numbers, int) else MISSING,
        tuple((cell.target, text) for cell in cells if (text := _time(cell))),
        _agreement(quality) if quality else MISSING,
        _beyond(quality) if quality else MISSING,
    )


def _time(cell: Cell) -> str:
    timing = cell.record.timing
    if timing is None or timing.tap is None or finite(timing.tap.ratio) is None:
        return ""
    whole, tap = (alone("us", one) for one in (timing.median_us, timing.tap.median_us))
    doubt = "" if timing.verdict == "stable" else f" ({timing.verdict})"
    return f"{tap}, {timing.tap.ratio:.2f} of {whole}{doubt}"


def _agreement(found: TapQuality) -> str:
    return (
        f"{100 * found.top10_overlap:.1f} % of the ten best, scores within "
        f"{found.max_score_difference:.2g} (their spread is {found.score_spread:.2g}), "
        f"{found.contexts:,} sequences"
    )


def _beyond(found: TapQuality) -> str:
    if not found.longer or not found.ndcg:
        return "nobody has a longer history"
    scores = {name: SCORE.text(found.ndcg.get(name)) for name in ("recommend", "tap")}
    low, high = (f"{found.ndcg.get(end, 0.0):+.4f}" for end in ("low", "high"))
    return (
        f"NDCG@10 {scores['tap']}, of the whole context {scores['recommend']}; the difference is "
        f"{low} to {high} ({found.longer:,} users)"
    )
