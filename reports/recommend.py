"""What should I ship? The best cell within the limits, and what speaks for and against it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rbench.choose import cheapest, excess, first, told_apart
from rbench.records import Run
from rbench_reports.cells import Cell, Sheet
from rbench_reports.limits import Check, Limit, limits_of
from rbench_reports.metrics import NDCG, P50, SIZE, estimate
from rbench_reports.numbers import SCORE, change, finite
from rbench_reports.paired import between

CHEAPEST = (
    "Among the cells that are not told apart from the largest NDCG@10, the cheapest is "
    "recommended: bytes times median latency."
)
SAVING = 0.98
"""A file or a latency has to be smaller than this share of the best cell's to be worth a line."""


@dataclass(frozen=True)
class Pick:
    """One cell worth looking at, and why."""

    roles: tuple[str, ...]
    cell: Cell
    why: tuple[str, ...]
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Advice:
    """The answer to the page's first question."""

    kind: Literal["within", "nearest", "open", "nothing"]
    headline: str
    explanation: str
    picks: tuple[Pick, ...] = ()
    """The first is the answer."""
    cautions: tuple[str, ...] = ()


def advise(run: Run, sheet: Sheet) -> Advice:
    """The advice for a run, by its study's limits."""
    cells = sheet.comparable
    if not cells:
        return Advice(
            "nothing",
            "Nothing can be recommended",
            "No cell of this run was finished with a finite NDCG@10. "
            "The reasons stand below, beside each cell.",
        )
    limits = limits_of(run.info.settings)
    if not limits:
        return _open(run, sheet, cells)
    within = [cell for cell in cells if all(limit.check(cell).kept for limit in limits)]
    if within:
        return _within(run, sheet, within, limits)
    return _nearest(run, sheet, cells, limits)


def _within(run: Run, sheet: Sheet, within: Sequence[Cell], limits: tuple[Limit, ...]) -> Advice:
    best, pick, why = _cheapest(run, within, "within the limits")
    picks = [_pick("Ship this", pick, why, limits)]
    if pick is not best:
        picks.append(_pick("Best quality", best, _largest(run, best, within, "of them"), limits))
    others = [cell for cell in within if cell.file != best.file]
    others = others or [cell for cell in within if cell is not best]
    if others and pick is best:
        second = _best(others)
        picks.append(_pick("Runner-up", second, [_versus(run, second, best)], limits))
    picks.extend(_cheaper(run, best, pick, within, limits))
    words = ", ".join(f"{limit.words} at most {limit.text}" for limit in limits)
    return Advice(
        "within",
        _headline(run, best, f"Ship {pick.encoder} with {pick.recipe} on {pick.target}"),
        f"Limits of this study: {words}. {_count(within, 'cell')} of {len(sheet.cells)} keep "
        f"them. {CHEAPEST}",
        _merged(picks),
        _cautions(run, best),
    )


def _nearest(run: Run, sheet: Sheet, cells: Sequence[Cell], limits: tuple[Limit, ...]) -> Advice:
    most = {limit.key: limit.most for limit in limits}
    nearest = min(cells, key=lambda cell: (excess(cell.record, most), *_order(cell)))
    best = _best(cells)
    why = "Breaks the limits by less than any other cell, counted by its worst limit."
    picks = [_pick("Nearest", nearest, [why], limits)]
    if best is not nearest:
        why_best = _largest(run, best, cells, "of any size and speed")
        picks.append(_pick("Best quality", best, why_best, limits))
    words = ", ".join(f"{limit.words} at most {limit.text}" for limit in limits)
    return Advice(
        "nearest",
        f"No cell keeps the limits; {nearest.encoder} with {nearest.recipe} on {nearest.target} is "
        "nearest",
        f"Limits of this study: {words}. None of the {_count(cells, 'finished cell')} keeps "
        "them all.",
        tuple(picks),
        _cautions(run, nearest),
    )


def _open(run: Run, sheet: Sheet, cells: Sequence[Cell]) -> Advice:
    best, pick, why = _cheapest(run, cells, "of this run")
    picks = [_pick("Ship this", pick, why)]
    if pick is not best:
        picks.append(_pick("Best quality", best, _largest(run, best, cells, "of this run")))
    picks.extend(_cheaper(run, best, pick, cells, ()))
    return Advice(
        "open",
        _headline(run, best, f"Ship {pick.encoder} with {pick.recipe} on {pick.target}"),
        f"{CHEAPEST} The study states no limits: with [limits] (size_bytes, median_us, "
        "peak_memory_bytes) this page recommends among the cells that keep them.",
        _merged(picks),
        _cautions(run, best),
    )


def _headline(run: Run, best: Cell, advice: str) -> str:
    """The advice, unless a baseline that trains nothing is at least as good as every cell."""
    rival = best_baseline(run)
    mine = best.usable(NDCG)
    if rival is None or mine is None or rival[1] < mine:
        return advice
    return f"Do not ship a model for quality: {rival[0]} trains nothing and is as good. {advice}"


def _cheapest(run: Run, cells: Sequence[Cell], where: str) -> tuple[Cell, Cell, list[str]]:
    """The best cell, the cheapest of those that are not told from it, and why that one."""
    found = cheapest(run, [cell.record for cell in cells])
    best, pick, near = cells[found.best], cells[found.pick], [cells[at] for at in found.alike]
    if pick is best:
        return best, best, _largest(run, best, cells, where)
    paired = _paired(run, pick, best)
    costs = f"size {change(pick.usable(SIZE), best.usable(SIZE))}"
    if found.timed:
        costs += f", median latency {change(pick.usable(P50), best.usable(P50))}"
    told = f"NDCG@10 {paired}" if paired else "NDCG@10 within its interval"
    name = f"{best.encoder} with {best.recipe} on {best.target}"
    why = [
        f"Not told apart from the best {where}, {name}: {told}.",
        f"The cheapest of {_count(near, 'such cell')}: {costs} against it.",
    ]
    return best, pick, why


def _best(cells: Iterable[Cell]) -> Cell:
    """The cell that stands first in `_order`."""
    return min(cells, key=_order)


def _order(cell: Cell) -> tuple[float, float, float, int]:
    """Largest NDCG@10 first; among equals the fastest, then the smallest, then the first."""
    return *first(cell.record), cell.number


def _cheaper(
    run: Run, best: Cell, pick: Cell, cells: Sequence[Cell], limits: tuple[Limit, ...]
) -> list[Pick]:
    """The smallest and the fastest cell whose quality lies within the best one's interval, and
    is not shown to be worse user by user.
    """
    picks = []
    for role, metric in (("Smallest, about as good", SIZE), ("Fastest, about as good", P50)):
        other = P50 if metric is SIZE else SIZE
        theirs = best.usable(metric)
        most = math.inf if theirs is None else SAVING * theirs
        saving = [cell for cell in cells if _or_last(cell.usable(metric)) < most]
        saving.sort(key=lambda c: (_or_last(c.usable(metric)), _or_last(c.usable(other)), c.number))
        cell = next(
            (cell for cell in saving if not told_apart(run, cell.record, best.record)), None
        )
        if cell is not None:
            paired = _paired(run, cell, best)
            saved = f"{metric.label.lower()} is {change(cell.usable(metric), theirs)} against it"
            why = (
                "Its NDCG@10 lies within the best cell's interval"
                f"{f' ({paired})' if paired else ''}, and its {saved}."
            )
            # What is recommended has said why already.
            picks.append(_pick(role, cell, [] if cell is pick else [why], limits))
    return picks


def _pick(role: str, cell: Cell, why: list[str], limits: tuple[Limit, ...] = ()) -> Pick:
    if cell.state.word != "ok":
        why = [*why, f"Beware, {cell.state.word}: {cell.reason}."]
    return Pick((role,), cell, tuple(why), tuple(limit.check(cell) for limit in limits))


def _merged(picks: list[Pick]) -> tuple[Pick, ...]:
    """One card per cell, with all its roles."""
    found: dict[int, Pick] = {}
    for pick in picks:
        old = found.get(pick.cell.number)
        if old is None:
            found[pick.cell.number] = pick
        else:
            roles, why = (*old.roles, *pick.roles), (*old.why, *pick.why)
            found[pick.cell.number] = Pick(roles, old.cell, tuple(dict.fromkeys(why)), old.checks)
    return tuple(found.values())


def _largest(run: Run, best: Cell, cells: Sequence[Cell], where: str) -> list[str]:
    """Why the best is the best, and how far it is from what is simpler and what is possible."""
    found = [f"The largest NDCG@10 {where}, out of {_count(cells, 'cell')}."]
    mine = best.usable(NDCG)
    if rival := best_baseline(run):
        name, score = rival
        found.append(
            f"{change(mine, score)} against the best baseline, {name} at {SCORE.text(score)}."
        )
    ideal = run.info.data.ideal.get("ndcg@10") if run.info.data else None
    if ideal is not None:
        found.append(f"The best possible NDCG@10 on this log is {SCORE.text(ideal)}.")
    return found


def best_baseline(run: Run) -> tuple[str, float] | None:
    """The baseline with the largest NDCG@10 on the validation users, and its NDCG@10 on the test
    users; in runs that did not record the former, the largest of the latter.
    """
    known = {}
    for name, quality in run.info.baselines.items():
        score = quality.metrics.get("ndcg@10")
        if score and finite(score.value) is not None:
            known[name] = (finite(quality.validation.get("ndcg@10")), score.value)
    if not known:
        return None
    chosen = all(validation is not None for validation, _ in known.values())
    name = max(known, key=lambda key: known[key][0 if chosen else 1] or 0.0)
    return name, known[name][1]


def _versus(run: Run, second: Cell, best: Cell) -> str:
    """How far the runner-up is from the best, in every number that the two have."""
    paired = _paired(run, second, best)
    low = finite(best.ndcg.low) if best.ndcg else None
    value = second.usable(NDCG) or 0.0
    if paired:
        told = f"NDCG@10 {paired}"
    elif low is not None and value >= low:
        told = "within the best cell's interval, so the two cannot be told apart by it"
    else:
        told = "outside the best cell's interval"
    costs = f"size {change(second.usable(SIZE), best.usable(SIZE))}"
    if second.bench == best.bench:
        costs += f", median latency {change(second.usable(P50), best.usable(P50))}"
    return f"The next best file, against the best: {told}; {costs}."


def _paired(run: Run, cell: Cell, best: Cell) -> str:
    """E.g. ``-4.6 % (-13 % to +5.0 %) user by user, no difference shown``; empty without ranks."""
    found = between(run, cell.record, best.record)
    if found is None:
        return ""
    shown = f" ({found.interval})" if found.interval else ""
    return f"{found.text}{shown} user by user, {found.word}"


def _cautions(run: Run, best: Cell) -> tuple[str, ...]:
    """What a reader should know before following the advice."""
    found = []
    for name, quality in run.info.baselines.items():
        rival = quality.metrics.get("ndcg@10")
        mine = estimate(best.record, "ndcg@10")
        if rival and mine and finite(rival.value) is not None and rival.value >= mine.value:
            found.append(
                f"The baseline {name} scores NDCG@10 {SCORE.text(rival.value)}, at "
                f"least as much as this cell's {SCORE.text(mine.value)}: no model may be needed."
            )
    return tuple(found)


def _count(cells: Sequence[Cell], noun: str) -> str:
    return f"{len(cells)} {noun}{'' if len(cells) == 1 else 's'}"


def _or_last(value: float | None) -> float:
    return math.inf if value is None else value
