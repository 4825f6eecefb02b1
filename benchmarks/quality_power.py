"""Is the smallest loss that users can show the one they do show? Simulated users, the gate's code.

    python benchmarks/quality_power.py [PAIRS]

Two models rank the targets of the same users. Users are easy or hard, for both models alike, and
the models differ by chance: by ``noise`` standard deviations of the logarithm of a rank. A pair of
equal models says how small a loss is seen (`rbench.stats.minimum_detectable_loss`, the mean over 50
pairs). Then, PAIRS times each:

- A/A: two more equal models. How often does the gate find a loss where there is none?
- Dropped: the second model loses the target of each user with the chance of the smallest loss.
- Shifted: all ranks of the second model are worse, by what loses as much in the mean.

"Found" is a loss beyond chance at ``max_loss = "0%"``. The power is stated for the first kind of
loss; the second is easier to see. All is seeded: the same numbers each time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from rbench.metrics.found import gains
from rbench.stats import ALPHA, POWER, minimum_detectable_loss, paired_loss

Ranks = NDArray[Any]
Spoil = Callable[[Ranks, np.random.Generator], Ranks]

WORLDS = {"compressed": 0.05, "fine-tuned": 0.35, "trained anew": 1.5}
"""What the second model is to the first -> noise."""
USERS = (200, 610, 6040)
METRICS = ("ndcg@10", "recall@10", "mrr")


def ranks(users: int, noise: float, random: np.random.Generator) -> tuple[Ranks, Ranks]:
    """Ranks of two equally good models, int (users,) each."""
    easy = 3.0 + 1.6 * random.normal(size=users)
    first, second = (
        np.clip(np.exp(easy + noise * random.normal(size=users)), 1, 10**6).astype(int)
        for _ in range(2)
    )
    return first, second


def seen(metric: str, users: int, noise: float, seed: int, pairs: int = 50) -> float:
    """The smallest loss that such users show, the mean over some pairs."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(pairs):
        first, second = ranks(users, noise, random)
        found.append(minimum_detectable_loss(gains(metric, first), gains(metric, second)))
    return float(np.mean(found))


def alarms(
    metric: str, users: int, noise: float, pairs: int, seed: int, spoil: Spoil | None = None
) -> float:
    """Share of pairs whose second model is found to have lost something."""
    random = np.random.default_rng(seed)
    found = 0
    for _ in range(pairs):
        first, second = ranks(users, noise, random)
        if spoil is not None:
            second = spoil(second, random)
        found += paired_loss(gains(metric, first), gains(metric, second)).interval(ALPHA)[0] > 0
    return found / pairs


def dropped(loss: float) -> Spoil:
    """Targets that can't be ranked any more, each with the chance ``loss``."""
    return lambda found, random: np.where(random.random(len(found)) < loss, 0, found)


def shifted(metric: str, loss: float, noise: float) -> Spoil:
    """All ranks worse by one factor, which costs ``loss`` of the metric in the mean."""
    many, _ = ranks(200_000, noise, np.random.default_rng(9))
    whole = gains(metric, many).mean()
    low, high = 1.0, 1e4
    for _ in range(40):
        middle = float(np.sqrt(low * high))
        left = gains(metric, (many * middle).astype(int)).mean()
        low, high = (middle, high) if 1 - left / whole < loss else (low, middle)
    return lambda found, _: (found * high).astype(int)


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    console = Console()
    console.print(
        f"{pairs} pairs each; false_alarms = {ALPHA:.2%}, one comparison a gate; "
        f"stated power {POWER:.0%}"
    )
    table = Table("second model", "users", "metric", "A/A", "smallest loss", "dropped", "shifted")
    seeds = count(2)
    for name, noise in WORLDS.items():
        for users in USERS:
            for metric in METRICS:
                loss = seen(metric, users, noise, next(seeds))
                kinds = (None, dropped(loss), shifted(metric, loss, noise))
                # Every row has users of its own: luck is not shared.
                shares = [alarms(metric, users, noise, pairs, next(seeds), kind) for kind in kinds]
                shown = [f"{share:.1%}" for share in shares]
                table.add_row(name, f"{users:,}", metric, shown[0], f"{loss:.1%}", *shown[1:])
    console.print(table)


if __name__ == "__main__":
    main()
