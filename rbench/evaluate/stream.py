"""What learning on the device is worth: held-out users tap by tap, learning beside frozen.

Each user's interactions that no training or validation saw come one by one. The file is asked about
the newest history so far, and then told what was taken. It is the same file twice, frozen and
learning, so the gains are paired by user. How fast it learns is a choice that must not be made on
those who judge it: half of the users are judged with what the other half chose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Dataset, Ids
from rbench.data.ranking import ranks
from rbench.evaluate.learning_file import LearningFile
from rbench.evaluate.settings import EvaluateSettings
from rbench.metrics.found import gains
from rbench.progress import Progress, Reporter
from rbench.records import StreamGain, StreamQuality
from rbench.records.history import history
from rbench.stats import bootstrap_means, percentile_interval

NDCG = "ndcg@10"
Rates = tuple[float, float]
"""The step and the decay."""


@dataclass(frozen=True)
class Stream:
    """One user's taps."""

    items: Ids
    """int32 ``(all,)``: everything, oldest first; 0 for items that training never saw."""
    first: int
    """Where the taps begin."""
    new: bool
    """Whether training never met the user."""


def streams(dataset: Dataset, users: int, taps: int) -> list[Stream]:
    """The first users with something to stream, and their first taps after training and
    validation.

    Args:
        taps: of each, at most.
    """
    test, validation = dataset.test, dataset.validation
    seen = {
        int(user): len(validation.histories[place]) + 1
        for place, user in enumerate(validation.users)
    }
    found = []
    for place, user in enumerate(test.users):
        trained = len(dataset.train[int(user)])
        items = np.append(test.histories[place], test.targets[place]).astype(np.int32)
        first = max(trained, seen.get(int(user), 0), 1)
        if first < len(items):
            found.append(Stream(items[: first + taps], first, not trained))
        if len(found) == users:
            break
    return found


def measure_stream(
    model: Path,
    length: int,
    dataset: Dataset,
    settings: EvaluateSettings,
    report: Reporter,
) -> StreamQuality | None:
    """Give a file the taps of held-out users, with every pair of rates; None: nobody has any.

    Args:
        model: the file, with the signature `update`.
        length: of its contexts.

    Raises:
        StageError: it does not run.
    """
    found = streams(dataset, settings.stream_users, settings.stream_taps)
    if not found:
        return None
    filtered = history(settings.filter_history, dataset.summary).filtered
    tried: list[Rates] = list(product(settings.stream_rates, settings.stream_decays))
    rounds = len(tried) + 2

    def gained(number: int, file: LearningFile, learning: bool) -> NDArray[np.float64]:
        """Each user's mean gain."""
        gain = np.zeros(len(found))
        for place, stream in enumerate(found):
            file.forget()
            at = _ranks(file, stream, length, dataset.items, filtered, learning)
            gain[place] = _ndcg(at).mean()
            done, total = number * len(found) + place + 1, rounds * len(found)
            report(Progress(done=done, total=total, text="streams of taps"))
        return gain

    frozen = gained(0, LearningFile(model), learning=False)
    stored = gained(1, LearningFile(model), learning=True)
    by_rates = [
        gained(number, LearningFile(model, rates), learning=True)
        for number, rates in enumerate(tried, start=2)
    ]
    learning, chosen = crossed(np.stack(by_rates))
    new = np.array([stream.new for stream in found])
    taps = np.array([len(stream.items) - stream.first for stream in found])

    def gain(who: NDArray[np.bool_], learnt: NDArray[np.float64]) -> StreamGain | None:
        return compared(frozen[who], learnt[who], taps[who], settings) if who.any() else None

    return StreamQuality(
        known=gain(~new, learning),
        new=gain(new, learning),
        rates=tuple({"rate": tried[one][0], "decay": tried[one][1]} for one in chosen),
        stored=gain(np.ones(len(found), bool), stored),
    )


def crossed(gained: NDArray[np.float64]) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Each user's gain with what the other half of the users would choose; a lone user's own.

    Args:
        gained: ``(choices, users)``.

    Returns:
        ``(users,)``, and the choice for the users in even places and for those in odd ones.
    """
    users = gained.shape[1]
    even = np.arange(users) % 2 == 0
    others = [~even if users > 1 else even, even]
    chosen = tuple(int(gained[:, half].mean(axis=1).argmax()) for half in others)
    return np.where(even, gained[chosen[0]], gained[chosen[1]]), chosen


def compared(
    frozen: NDArray[np.float64],
    learning: NDArray[np.float64],
    taps: NDArray[np.int64],
    settings: EvaluateSettings,
) -> StreamGain:
    """Both means over users, and the paired interval of their difference."""
    ones = np.ones(len(frozen), np.int64)
    drawn = bootstrap_means((learning - frozen)[:, None], ones, settings.bootstrap, settings.seed)
    low, high = percentile_interval(drawn)
    return StreamGain(
        users=len(frozen),
        taps=int(taps.sum()),
        frozen=float(frozen.mean()),
        learning=float(learning.mean()),
        low=float(low[0]),
        high=float(high[0]),
    )


def _ranks(
    file: LearningFile, stream: Stream, length: int, items: int, filtered: bool, learning: bool
) -> Ids:
    """int32 ``(taps,)``: where each tap stood before it was made; 0: it could not be ranked."""
    found = []
    allowed = np.ones((1, items), bool)
    for place, context in _contexts(stream, length):
        taken = int(stream.items[place])
        scores = file.scores(context)
        if filtered:
            seen = stream.items[:place]
            allowed[0, seen[seen > 0] - 1] = False
        found.append(int(ranks(scores[None], np.array([taken]), allowed)[0]))
        if learning and taken:
            file.learn(taken)
    return np.array(found, np.int32)


def _contexts(stream: Stream, length: int) -> Iterator[tuple[int, Ids]]:
    """Place of each tap, and the newest known items before it, int32 ``(length,)``."""
    for place in range(stream.first, len(stream.items)):
        known = stream.items[:place]
        known = known[known > 0][-length:]
        context = np.zeros(length, np.int32)
        context[length - len(known) :] = known
        yield place, context


def _ndcg(found: Ids) -> NDArray[np.float64]:
    gain = gains(NDCG, found)
    assert gain is not None  # rbench has that metric always
    return np.asarray(gain, np.float64)
