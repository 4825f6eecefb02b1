"""How good are the recommendations: every file, beside the baselines and the best possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rbench.metrics.found import HEADLINE, label, measured
from rbench.records import Estimate, Parity, Quality, Run
from rbench.records.caveats import asks_now
from rbench_reports.cells import Sheet, interval
from rbench_reports.numbers import MISSING, SCORE, Scale, finite
from rbench_reports.paired import REFERENCE, Paired, Pairing

_PERCENT = Scale("%", 0.01, 1)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    kind: str
    """``file``, ``baseline`` or ``ideal``."""
    name: str
    recipe: str
    numbers: tuple[tuple[str, str], ...]
    """(value, interval) per column."""
    coverage: str
    difference: str
    """Largest score difference to the Keras model."""
    overlap: str
    """Share of the Keras model's top 10 that the file keeps."""
    paired: Paired | None
    """Beside the float32 of its encoder; None for what is no file or is that float32."""
    bar: tuple[float, float, float] | None
    """Low, value and high of NDCG@10 as percent of the picture's width."""
    asks_now: bool = False
    """Whether it uses the moment of the request: such rows stand last."""


def columns(run: Run) -> tuple[tuple[str, str], ...]:
    """Metric -> its head, of all that was recorded."""
    scored = [*run.info.baselines.values(), *(one.quality for one in run.records if one.quality)]
    families = dict.fromkeys(name.partition("@")[0] for name in HEADLINE)
    first = [one.name for one in measured(families)]
    names = dict.fromkeys([*first, *(name for quality in scored for name in quality.metrics)])
    return tuple((name, label(name)) for name in names)


def rows(run: Run, sheet: Sheet, pairing: Pairing) -> tuple[Row, ...]:
    """Best possible, baselines, then the files in the order of the study."""
    widest = _widest(run, sheet)
    found = []
    keys = [key for key, _ in columns(run)]
    ideal = run.info.data.ideal if run.info.data else {}
    if ideal:
        numbers = tuple((SCORE.text(ideal.get(key)), "") for key in keys)
        found.append(
            Row("ideal", "best possible", "", numbers, MISSING, MISSING, MISSING, None, None)
        )
    for name, quality in run.info.baselines.items():
        found.append(_row("baseline", name, "", quality, keys, widest, None))
    for (encoder, recipe), cells in sheet.files().items():
        scored = [c.record.quality for c in cells if c.record.quality is not None]
        if scored:
            beside = pairing.files.get((encoder, recipe)) if recipe != REFERENCE else None
            made = _row("file", encoder, recipe, scored[0], keys, widest, beside)
            found.append(replace(made, asks_now=asks_now(cells[0].record)))
    return tuple(found)


def users(sheet: Sheet) -> str:
    """How many users the scores stand on, e.g. ``610``; several numbers if cells differ."""
    counts = {c.record.quality.users for c in sheet.cells if c.record.quality}
    return ", ".join(f"{count:,}" for count in sorted(counts)) or MISSING


def _row(
    kind: str,
    name: str,
    recipe: str,
    quality: Quality,
    keys: Sequence[str],
    widest: float,
    paired: Paired | None,
) -> Row:
    parity: Parity | None = quality.parity
    return Row(
        kind,
        name,
        recipe,
        tuple(_number(quality.metrics.get(key)) for key in keys),
        _PERCENT.full(quality.coverage),
        f"{parity.max_score_difference:.2g}" if parity else MISSING,
        _PERCENT.full(parity.top10_overlap) if parity else MISSING,
        paired,
        _bar(quality.metrics.get("ndcg@10"), widest),
    )


def _number(found: Estimate | None) -> tuple[str, str]:
    return SCORE.text(found.value if found else None), interval(found)


def _bar(found: Estimate | None, widest: float) -> tuple[float, float, float] | None:
    if found is None or widest <= 0:
        return None
    parts = [finite(value) for value in (found.low, found.value, found.high)]
    if None in parts:
        return None
    low, value, high = (min(100.0, max(0.0, 100 * (part or 0.0) / widest)) for part in parts)
    return low, value, high


def _widest(run: Run, sheet: Sheet) -> float:
    """The right end of the picture: the largest upper end of any interval."""
    found = [c.ndcg for c in sheet.cells] + [
        quality.metrics.get("ndcg@10") for quality in run.info.baselines.values()
    ]
    return max((finite(item.high) or 0.0 for item in found if item), default=0.0)
