"""Two runs, held against each other file by file and cell by cell."""

from __future__ import annotations

from collections.abc import Iterator

from rbench.compare.cells import delegated, latency, noise_of, state
from rbench.compare.comparability import unlike
from rbench.compare.comparison import Comparison, Difference, Side
from rbench.compare.files import Pair, Uncertain, scores, sizes
from rbench.compare.notes import notes
from rbench.gate.sensitivity import sensitivity
from rbench.records import CellName, Record, Run
from rbench.stats import alpha_each

FALSE_ALARMS = 0.01
"""Chance that anything is called better or worse though nothing is, over a whole comparison."""


def compare(before: Run, after: Run, false_alarms: float = FALSE_ALARMS) -> Comparison:
    """Hold each file and cell of a run to that of the same name in an earlier one.

    Sizes are exact. Scores are compared user by user, latencies by the medians of rounds, as the
    gate does; all that is uncertain shares the chance of a false alarm (Bonferroni). What was not
    come by alike is not compared, and says why.
    """
    found = list(_answers(before, after))
    uncertain = sum(not isinstance(one, Difference) for one in found)
    alpha = alpha_each(false_alarms / 2, uncertain)
    differences = [one if isinstance(one, Difference) else one(alpha) for one in found]
    seen = sensitivity(after, alpha=alpha)
    return Comparison(
        before=_side(before),
        after=_side(after),
        false_alarms=false_alarms,
        differences=tuple(differences),
        unlike=tuple(unlike(before, after)),
        sight=seen.sentence if seen else "",
        notes=tuple(notes(before, after, differences)),
    )


def _side(run: Run) -> Side:
    return Side(
        folder=run.folder.name,
        study=run.info.study,
        created=run.info.created,
        cells=len(run.records),
    )


def _answers(before: Run, after: Run) -> Iterator[Difference | Uncertain]:
    old, new = ({_key(one.cell): one for one in run.records} for run in (before, after))
    noise = {target: noise_of(before, after, target) for target in {key[2] for key in new}}
    files_before, files_after = _files(before), _files(after)
    for file, record in files_after.items():
        if file in files_before:
            pair = Pair(files_before[file], record)
            yield from sizes(pair)
            yield from scores(pair, before, after)
    for key, record in new.items():
        if key in old:
            pair = Pair(old[key], record, key[2])
            yield from state(pair)
            yield from latency(pair, noise[key[2]])
            yield from delegated(pair)
        else:
            yield _alone(record.cell, "only B has this cell")
    for key, record in old.items():
        if key not in new:
            yield _alone(record.cell, "only A has this cell")


def _alone(cell: CellName, reason: str) -> Difference:
    return Difference(
        encoder=cell.encoder,
        recipe=cell.recipe,
        target=cell.target,
        metric="cell",
        verdict="not comparable",
        reason=reason,
    )


def _key(cell: CellName) -> tuple[str, str, str]:
    return cell.encoder, cell.recipe, cell.target


def _files(run: Run) -> dict[tuple[str, str], Record]:
    """Encoder and recipe -> the cell that tells most of the file."""
    found: dict[tuple[str, str], Record] = {}
    for record in run.records:
        key = record.cell.encoder, record.cell.recipe
        if key not in found or _told(record) > _told(found[key]):
            found[key] = record
    return found


def _told(record: Record) -> tuple[bool, bool, bool]:
    return record.model is not None, record.quality is not None, record.state == "ok"
