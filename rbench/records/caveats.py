"""What scores cannot say: the log's facts in words, the same words wherever scores are shown.

The thresholds are argued in docs/measuring.md. Everything here is read from records alone, so that
a report of an old run says it too; a fact that was not recorded gives no sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rbench.records import DataSummary, Record, Run
from rbench.records.artefacts import read_ranks
from rbench.records.history import MOST, REPEATING, History, history, number_of, part_of

UNREACHABLE = 0.05
"""Share of test targets that no model can find from which it is said."""
TIES = 0.2
"""Share of steps, or of test targets, that share their time with the one before."""
LEAKING = 0.05
"""Share of test targets that are older than something in the training."""
FEW = 100
"""Test users below which chance decides most of a score."""


def notes(data: DataSummary, filtered: bool) -> tuple[str, ...]:
    """What a reader of scores on this log should know, one sentence each; often none.

    Args:
        filtered: whether the histories were taken out of the ranking.
    """
    return tuple(_notes(data, filtered))


def notes_of(run: Run) -> tuple[str, ...]:
    """What is worth a look in how a run's log was read, then `notes` of its log and ranking."""
    data = run.info.data
    timed = sorted({record.cell.encoder for record in run.records if asks_now(record)})
    said = (*((f"{', '.join(timed)} {NOW}",) if timed else ()), *_given(run), *_updated(run))
    return said if data is None else (*said, *data.reading.notes, *notes(data, filtered(run)))


def _given(run: Run) -> Iterator[str]:
    """Which models are given more than the context, but for the moment, of which `NOW` tells."""
    found: dict[tuple[str, str], set[str]] = {}
    for record in run.records:
        for name, facts in features_of(record).items():
            if facts.get("request") is not True:
                meaning = str(facts.get("meaning", ""))
                found.setdefault((name, meaning), set()).add(record.cell.encoder)
    for (name, meaning), encoders in sorted(found.items()):
        are = "is" if len(encoders) == 1 else "are"
        said = f"{', '.join(sorted(encoders))} {are} given {name} beside the context"
        yield f"{said}: {meaning}" if meaning else said


def _updated(run: Run) -> Iterator[str]:
    """That a file is an update of the one that was scored, and what travels."""
    said = run.info.details.get("update")
    if isinstance(said, Mapping):
        new, gone = (number_of(said, f"{what}_items") for what in ("new", "retired"))
        size = number_of(said, "update_bytes")
        yield (
            f"an update of a finished file: {new:,} new items, {gone:,} retired, {size:,} bytes to "
            f"send as a patch of the file before ({float(said.get('share_of_file') or 0):.1%} of "
            "the new one); scores are those of the file before"
        )


def features_of(record: Record) -> dict[str, dict[str, Any]]:
    """Name of each input beside the context -> what a record says of its feature."""
    said = record.settings.get("features")
    facts = said.values() if isinstance(said, Mapping) else ()
    return {str(one.get("input", "")): dict(one) for one in facts if isinstance(one, Mapping)}


def asks_now(record: Record) -> bool:
    """Whether a model uses the moment of the request, which models of ids alone do not know: what
    it scores is no fair comparison with theirs.
    """
    return any(one.get("request") is True for one in features_of(record).values())


NOW = (
    "uses the moment of the request: its scores are of another task than those of models and "
    "baselines that know ids alone"
)


def filtered(run: Run) -> bool:
    """Whether a run's histories were taken out of the ranking."""
    found = history_of(run)
    return True if found is None else found.filtered


def history_of(run: Run) -> History | None:
    """How a run ranked, and why, as far as it was recorded."""
    said = run.info.details.get("history")
    if isinstance(said, Mapping) and isinstance(said.get("filtered"), bool):
        return History(said["filtered"], str(said.get("reason", "")))
    settings = run.info.settings.get("evaluate")
    choice = settings.get("filter_history") if isinstance(settings, Mapping) else None
    # Before there was a choice by the log, the default was to filter.
    if run.info.data and (choice == "auto" or isinstance(choice, bool)):
        return history(choice, run.info.data)
    return None


def gaps(run: Run) -> tuple[str, ...]:
    """What a run's folder lacks of a run that is done, one sentence each; often none."""
    return tuple(_gaps(run))


def _gaps(run: Run) -> Iterator[str]:
    info, found = run.info, len(run.records)
    if not (info.study or info.created or info.rbench):
        yield "no run.json: it is not known which cells the run should have, nor on what data"
    elif info.cells > found:
        missing = f"{info.cells - found:,} of {info.cells:,} cells"
        yield f"{missing} left no record: the sweep is not done"
    names = [str(record.cell) for record in run.records]
    twice = len(names) - len(set(names))
    if twice:
        yield f"{twice:,} of {found:,} records are of a cell that has another one"
    yield from _broken(run)


def _broken(run: Run) -> Iterator[str]:
    """Scores whose ranks were changed since."""
    found = {
        quality.ranks: quality
        for record in run.records
        for quality in (record.quality, *(other.quality for other in record.replicates))
        if quality is not None
    }
    read = [read_ranks(run, quality) for quality in found.values()]
    broken = [ranks.missing for ranks in read if ranks.broken]
    if broken:
        yield f"{len(broken):,} of {len(read):,} scores are not those of their ranks: {broken[0]}"


def _notes(data: DataSummary, filtered: bool) -> Iterator[str]:
    users, facts = data.test_users, data.details
    if not 0 < users < MOST:
        return
    met = number_of(facts, "test_targets_in_history")
    before = f"{part_of(met, users)} test targets are items that their user had met before"
    if filtered and met >= UNREACHABLE * users:
        yield (
            f"{before}: the history is filtered (filter_history = true), so they count as misses "
            f"and {_most(met, users)}"
        )
    elif not filtered and met >= REPEATING * users:
        yield (
            f"{before}, and the history is not filtered (filter_history = false): much of a score "
            f"is earned by bringing old items back; with filter_history = true {_most(met, users)}"
        )
    unknown = number_of(facts, "test_targets_unknown")
    if unknown >= UNREACHABLE * users:
        yield (
            f"{part_of(unknown, users)} test targets are items that training never saw: they "
            f"count as misses and {_most(unknown, users)}"
        )
    tied, ties = number_of(facts, "test_targets_tied"), facts.get("time_tie_share")
    share = float(ties) if isinstance(ties, int | float) and 0 <= ties <= 1 else 0.0
    if tied >= TIES * users:
        yield (
            f"{part_of(tied, users)} test targets have the time of the item before them: the order "
            "of the rows in the log decides which of them is the target"
        )
    elif share >= TIES:
        yield (
            f"{100 * share:.0f} % of the steps within a user stay at the same time: the order of "
            "the rows in the log decides there what came first"
        )
    leaked = number_of(facts, "test_targets_before_training_ends")
    # The synthetic log has no future: its users are drawn alike at any time.
    if leaked >= LEAKING * users and data.format != "synthetic":
        yield (
            f"{part_of(leaked, users)} test targets are older than the newest interaction that "
            "trains: leave-one-out lets training see other people's future, which no app can; "
            'split = "global_temporal" does not'
        )
    if users < FEW:
        yield (
            f"only {users:,} test user{'' if users == 1 else 's'}: chance decides most of a score, "
            "look at the intervals"
        )


def _most(lost: int, users: int) -> str:
    left = max(0, users - lost) / users
    return f"no score can be above {left:.4f}" if left else "every score is 0"
