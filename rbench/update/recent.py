"""Interactions that came after a training: who touched a new item first, and what was before it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rbench.data.dataset import Ids
from rbench.data.formats import find
from rbench.data.sequences import sequences
from rbench.data.settings import SYNTHETIC, DataSettings
from rbench.errors import DataError

MOST = 20
"""First interactions of an item that are looked at."""


def first_contexts(
    path: Path,
    settings: DataSettings,
    names: Mapping[str, int],
    fresh: Mapping[str, int],
    length: int,
) -> list[Ids]:
    """For each new item the contexts before its first interactions.

    Args:
        path: a log, read as the study's was; each user's items in the order of time.
        names: the log's id of each item that the model knows -> its index.
        fresh: of each new one -> its place.

    Returns:
        For each of them int32 ``(interactions, length)``, padded on the left with 0. A context
        without any item that the model knows is left out.

    Raises:
        DataError: the log cannot be read.
    """
    asked = msgspec.structs.replace(
        settings,
        path=str(path),
        min_interactions=1,
        **({"format": "auto"} if settings.path == SYNTHETIC else {}),
    )
    log = sequences(find(asked).read(asked), 1, asked.duplicates, asked.repeats, least=1)
    known = np.array([names.get(name, 0) for name in log.item_names], np.int32)
    new = np.array([fresh.get(name, -1) for name in log.item_names], np.int32)
    if not (known > 0).any():
        raise DataError(
            f"holds none of the items that the model knows: it has e.g. {log.item_names[0]!r}",
            where=str(path),
            remedy="the log holds what users touched before a new item, by the ids of items.json",
        )
    taken: list[list[tuple[Any, Ids]]] = [[] for _ in fresh]
    for user in range(len(log.items)):
        start, codes = int(log.items.offsets[user]), log.items[user]
        for place in np.flatnonzero(new[codes] >= 0):
            before = known[codes[:place]]
            before = before[before > 0][-length:]
            if len(before):
                when = start + place if log.times is None else log.times[start + place]
                context = np.zeros(length, np.int32)
                context[length - len(before) :] = before
                taken[new[codes[place]]].append((when, context))
    found = []
    for one in taken:
        firsts = sorted(one, key=lambda pair: pair[0])[:MOST]
        found.append(np.array([context for _, context in firsts], np.int32).reshape(-1, length))
    return found
