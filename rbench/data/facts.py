"""What is worth knowing of a log beside its counts: `DataSummary.details`."""

from __future__ import annotations

from typing import Any

import numpy as np

from rbench.data.dataset import Ids
from rbench.data.sequences import Sequences
from rbench.data.split import Cut, Questions
from rbench.data.times import show


def facts(log: Sequences, cut: Cut, dense: Ids) -> dict[str, Any]:
    """Plain numbers and texts by name.

    ``density``: share of all user-item pairs that occur. ``repeat_share``: share of interactions
    with an item that the user met before; ``consecutive_repeat_share`` and ``time_tie_share``:
    share of steps within a user that stay at the item, or at the time. ``*_targets_unknown``:
    targets that training never saw; ``*_targets_in_history``: targets that their user had met
    before. ``test_targets_tied``: test targets with the time of the item before them.
    ``test_targets_before_training_ends``: test targets older than the newest interaction that
    trains. What they mean for the scores: `rbench.records.caveats`.

    Args:
        dense: id of each item code, 0 where training never saw it.
    """
    lengths, items = log.lengths, log.items.values
    owners = np.repeat(np.arange(len(lengths)), lengths)
    within = owners[1:] == owners[:-1]
    steps = max(int(within.sum()), 1)
    pairs = np.sort(owners * len(log.item_names) + items)  # several times as fast as np.unique
    distinct = 1 + int(np.count_nonzero(pairs[1:] != pairs[:-1]))
    found: dict[str, Any] = {
        "dropped_duplicate_rows": log.dropped["copies"],
        "dropped_repeats": log.dropped["repeats"],
        "dropped_interactions": log.dropped["interactions"],
        "dropped_users": log.dropped["users"],
        "dropped_items": log.dropped["items"],
        "length_min": int(lengths.min()),
        "length_median": float(np.median(lengths)),
        "length_mean": float(lengths.mean()),
        "length_max": int(lengths.max()),
        "density": distinct / (len(lengths) * len(log.item_names)),
        "repeat_share": 1 - distinct / len(items),
        "consecutive_repeat_share": int((within & (items[1:] == items[:-1])).sum()) / steps,
        "train_interactions": int(cut.train.sum()),
        "train_users": int((cut.train > 0).sum()),
        "validation_targets_unknown": _unknown(log, cut.validation, dense),
        "test_targets_unknown": _unknown(log, cut.test, dense),
        "validation_targets_in_history": _met_before(log, cut.validation),
        "test_targets_in_history": _met_before(log, cut.test),
        **cut.details,
    }
    if log.times is not None:
        found["time_first"] = show(log.times.min(), log.time_unit)
        found["time_last"] = show(log.times.max(), log.time_unit)
        found["time_tie_share"] = int((within & (log.times[1:] == log.times[:-1])).sum()) / steps
        places = log.items.offsets[cut.test.users] + cut.test.positions
        targets, before = log.times[places], log.times[places - 1]
        trained = log.times[log.places(np.arange(len(cut.train)), cut.train)]
        found["test_targets_tied"] = int((targets == before).sum())
        found["test_targets_before_training_ends"] = int((targets < trained.max()).sum())
    return found


def _unknown(log: Sequences, questions: Questions, dense: Ids) -> int:
    return int((dense[log.at(questions.users, questions.positions)] == 0).sum())


def _met_before(log: Sequences, questions: Questions) -> int:
    """How many targets their own user had met before: a filtered ranking cannot find them."""
    histories = log.beginnings(questions.users, questions.positions)
    targets = log.at(questions.users, questions.positions)
    met = histories.values == np.repeat(targets, questions.positions)
    asked = np.flatnonzero(questions.positions)
    return int(np.logical_or.reduceat(met, histories.offsets[asked]).sum()) if len(asked) else 0
