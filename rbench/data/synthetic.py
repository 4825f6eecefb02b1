"""The embedded default: a log with a hidden rule, and the best score that anyone can reach on it.

**The rule.** Two hidden rings each hold all items in an order of their own, and a hidden coin
marks each item with one ring. The item *before* the last one says which ring; the expected next
item is the first one after the *last* item on that ring that the user has not met yet. (After
one item only, the first ring counts.) With probability ``predictability`` the expected item
comes; otherwise one of all items that the user has not met, each as likely. The first item is
any. Nobody meets an item twice, so rankings that filter the history lose nothing.

Who knows only the last item can name two candidates, which is enough for most of Recall@10; who
also looks at the one before can tell which of the two, which shows in Recall@1 and NDCG@10. At
predictability 0 every unmet item is as likely as another and all scores are chance.

**The ideal** follows from the rule: with u unmet items the expected one has probability
p + (1 - p) / u, every other unmet one (1 - p) / u, and the best ranking is by probability. It is
an expected value; on finitely many users a lucky model can come out a little above.

All draws are raw outputs of PCG64, whose stream NumPy promises to keep (NEP 19); the methods of
``Generator`` may change theirs.

Idea: Spotlight's synthetic Markov data (``spotlight/datasets/synthetic.py``) with its dial.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids, Ragged
from rbench.data.log import Log
from rbench.data.settings import SYNTHETIC, SyntheticSettings
from rbench.metrics.ndcg import Ndcg

KS = (1, 5, 10, 20)
DAY_S = 86_400
START_S = 1_704_067_200  # 2024-01-01T00:00:00Z


class _Draws:
    """Numbers from a seed, the same on every machine and with every NumPy."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def raw(self, count: int) -> NDArray[np.uint64]:
        return np.asarray(self._bits.random_raw(count), np.uint64)

    def below(self, limit: int, count: int) -> NDArray[np.int64]:
        """Whole numbers from 0 to limit - 1; limit is far below 2**53, so none is favoured."""
        return (self.chances(count) * limit).astype(np.int64)

    def chances(self, count: int) -> NDArray[np.float64]:
        """Numbers from 0 to less than 1."""
        return (self.raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


@dataclass(frozen=True)
class Rule:
    """The hidden rule."""

    after: Ids
    """int32 ``(2, items)``: the next item on each ring."""
    ring: Ids
    """int32 ``(items,)``, 0 or 1: which ring counts for what comes two after this item."""

    def expected(self, histories: Ids) -> Ids:
        """int32 ``(users,)``: the expected next item after histories of one length,
        ``(users, length)`` with length from 1.
        """
        last = histories[:, -1]
        ring = self.ring[histories[:, -2]] if histories.shape[1] > 1 else np.zeros_like(last)
        expected = self.after[ring, last]
        while True:
            met = (histories == expected[:, None]).any(axis=1)
            if not met.any():
                return expected
            expected = np.where(met, self.after[ring, expected], expected)


def rule(settings: SyntheticSettings) -> Rule:
    """The rule of a seed; it depends on ``items`` and ``seed`` only."""
    return _rule(settings, _Draws(settings.seed))


def _rule(settings: SyntheticSettings, draws: _Draws) -> Rule:
    after = np.zeros((2, settings.items), np.int32)
    for ring in after:
        order = np.argsort(draws.raw(settings.items), kind="stable")
        ring[order] = np.roll(order, -1)
    return Rule(after=after, ring=draws.below(2, settings.items).astype(np.int32))


def make(settings: SyntheticSettings) -> Log:
    """The log: ``users x interactions_per_user`` rows, user after user, with times.

    Users begin anywhere in 300 days and act every 1 to 3 days.
    """
    draws = _Draws(settings.seed)
    hidden = _rule(settings, draws)
    users, length = settings.users, settings.interactions_per_user
    items = np.zeros((users, length), np.int32)
    items[:, 0] = draws.below(settings.items, users)
    for step in range(1, length):
        expected = hidden.expected(items[:, :step])
        any_unmet = _unmet(items[:, :step], draws.below(settings.items - step, users))
        comes = draws.chances(users) < settings.predictability
        items[:, step] = np.where(comes, expected, any_unmet)
    gaps = DAY_S + draws.below(2 * DAY_S, users * length).reshape(users, length)
    times = START_S + draws.below(300 * DAY_S, users)[:, None] + np.cumsum(gaps, axis=1)
    return _log(items, times)


def _log(items: Ids, times: NDArray[np.int64]) -> Log:
    users, length = items.shape
    flat = items.ravel()
    used, first = np.unique(flat, return_index=True)
    by_appearance = used[np.argsort(first)]
    code = np.zeros(int(used.max()) + 1, np.int32)
    code[by_appearance] = np.arange(len(used), dtype=np.int32)
    return Log(
        where=SYNTHETIC,
        format=SYNTHETIC,
        users=np.repeat(np.arange(users, dtype=np.int32), length),
        items=code[flat],
        times=times.ravel(),
        time_unit="s",
        user_names=tuple(f"user-{number}" for number in range(1, users + 1)),
        item_names=tuple(_name(item) for item in by_appearance),
    )


def _unmet(met: Ids, ranks: NDArray[np.int64]) -> Ids:
    """The ranks-th item of each row that is not in ``met``, counted from 0."""
    chosen = ranks.copy()
    for column in np.sort(met, axis=1).T:
        chosen += column <= chosen
    return chosen.astype(np.int32)


def _name(item: int) -> str:
    return f"item-{item + 1}"


def ideal(
    settings: SyntheticSettings, histories: Ragged, item_names: tuple[str, ...], known: Ids
) -> dict[str, float]:
    """Best possible ``recall@k``, ``ndcg@10`` and ``mrr``, expected over what these users do next.

    Args:
        histories: all that is known of each user before the target, as codes of ``item_names``.
        known: codes of the items that can be recommended. Others can be targets, never answers.
    """
    hidden = rule(settings)
    numbers = np.array([int(name.removeprefix("item-")) - 1 for name in item_names], np.int32)
    rankable = np.zeros(settings.items, np.bool_)
    rankable[numbers[known]] = True
    lengths = np.diff(histories.offsets)
    found: dict[str, float] = dict.fromkeys([*(f"recall@{k}" for k in KS), "ndcg@10", "mrr"], 0.0)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        starts = histories.offsets[rows][:, None] + np.arange(length)
        met = numbers[histories.values[starts]]
        unmet = settings.items - int(length)
        choices = rankable.sum() - rankable[met].sum(axis=1)
        other = (1 - settings.predictability) / unmet
        bonus = settings.predictability * rankable[hidden.expected(met)]
        for k in KS:
            found[f"recall@{k}"] += float((bonus + other * np.minimum(choices, k)).sum())
        gain = np.concatenate([[0.0], np.cumsum(Ndcg().gains(np.arange(1, 11), 10))])
        found["ndcg@10"] += float((bonus + other * gain[np.minimum(choices, 10)]).sum())
        harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, settings.items + 1))])
        found["mrr"] += float((bonus + other * harmonic[choices]).sum())
    return {name: total / len(lengths) for name, total in found.items()}


def fingerprint(settings: SyntheticSettings) -> str:
    """sha256 of the settings: they are all that the log is made from."""
    return hashlib.sha256(msgspec.json.encode(settings, order="deterministic")).hexdigest()
