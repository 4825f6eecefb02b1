"""How often the gate cries wolf, and how often it sees one: simulated pairs, the gate's own code.

    python benchmarks/gate_power.py [PAIRS]

**Latency.** A run of ten cells on one target is simulated, over and over: each round of a cell
has a median that lies beside the cell's true one by chance, the sampled queries of a round lie
around it with a long tail. One cell is held to a reference with ``max_ratio = 1.0``. A/A: both
have the same true time; power: the cell is 5 % slower.

**Two files.** Timed in turn, they are compared round by round, on a machine whose rounds differ by
5 % for both; otherwise as above.

**Quality.** Two models rank the targets of the same users; they agree about which users are easy
and differ by chance. A/A: equally good; power: NDCG@10 lower by the smallest loss that such users
can show, (z(false alarm) + z(0.95)) standard errors of the paired difference. The limit is
``max_loss = "0%"``, the strictest there is.

A `fail` counts as an alarm; a `warn` does not, it leaves CI green. What is simulated is printed
with the result. All is seeded: the same numbers each time.
"""

from __future__ import annotations

import sys
from statistics import NormalDist

import numpy as np
from rich.console import Console
from rich.table import Table

from rbench.gate.limits import Limits
from rbench.gate.quality import gains, paired
from rbench.gate.rounds import Noise, compare, compare_pairs, pooled

TAIL = float(Limits().false_alarms)
POWER = 0.95
CELLS = 10
SAMPLES = 333
"""Queries in a round, as in the built-in study."""
WORLDS = {
    "quiet, 3 rounds": (3, 0.005, 0.005),
    "usual, 3 rounds": (3, 0.01, 0.01),
    "usual, 5 rounds": (5, 0.01, 0.01),
    "usual, 3 rounds, these two cells noisier": (3, 0.01, 0.015),
}
"""Name -> rounds, standard deviation of a round's median between rounds for the other cells and
for the two that are compared."""


def latency_alarms(
    pairs: int, loss: float, rounds: int, noise: float, own: float, cells: int, seed: int
) -> float:
    """Share of pairs whose cell fails at ``max_ratio = 1.0``, if it is slower by ``loss``."""
    random = np.random.default_rng(seed)
    alarms = 0
    for _ in range(pairs):
        speed = random.uniform(20, 100, size=cells)
        speed[1] = speed[0] * (1 + loss)
        spread = np.full(cells, noise)
        spread[:2] = own
        medians = speed[:, None] * np.exp(spread[:, None] * random.normal(size=(cells, rounds)))
        tails = 1 + random.gamma(1.5, 0.04, size=(cells, rounds, SAMPLES))
        medians = medians * np.median(tails, axis=2)
        run = pooled([[float(x) for x in row] for row in np.log(medians)])
        ratio = compare(tuple(medians[1]), tuple(medians[0]), Noise(*run), TAIL)
        alarms += ratio.low > 1.0
    return alarms / pairs


def pair_alarms(
    pairs: int, loss: float, rounds: int, shared: float, own: float, seed: int
) -> float:
    """The same for two files that are timed in turn: ``shared`` is what rounds do to both."""
    random = np.random.default_rng(seed)
    alarms = 0
    for _ in range(pairs):
        both = shared * random.normal(size=rounds)
        old, new = (
            50 * factor * np.exp(both + own * random.normal(size=rounds))
            for factor in (1.0, 1.0 + loss)
        )
        alarms += compare_pairs(tuple(new), tuple(old), TAIL).low > 1.0
    return alarms / pairs


def quality_alarms(pairs: int, users: int, shift: float, seed: int) -> tuple[float, float, float]:
    """Share of pairs that fail at no loss allowed, the mean true loss, and the mean standard
    error. ``shift`` moves the logarithm of the second model's ranks.
    """
    random = np.random.default_rng(seed)
    alarms, losses, errors = 0, [], []
    for _ in range(pairs):
        easy = 3.0 + 1.6 * random.normal(size=users)
        first, second = (
            np.clip(np.exp(easy + move + 0.35 * random.normal(size=users)), 1, 10**6).astype(int)
            for move in (0.0, shift)
        )
        lost = paired(gains("ndcg@10", first), gains("ndcg@10", second))
        alarms += lost.interval(TAIL)[0] > 0
        losses.append(lost.share)
        errors.append(lost.error)
    return alarms / pairs, float(np.mean(losses)), float(np.mean(errors))


def smallest_loss(users: int, seed: int = 5) -> tuple[float, float]:
    """The loss that ``users`` show at the stated power, and the shift of ranks that makes it."""
    _, _, error = quality_alarms(200, users, 0.0, seed)
    wanted = (NormalDist().inv_cdf(1 - TAIL) + NormalDist().inv_cdf(POWER)) * error
    low, high = 0.0, 2.0
    for _ in range(20):
        middle = (low + high) / 2
        _, loss, _ = quality_alarms(100, users, middle, seed)
        low, high = (middle, high) if loss < wanted else (low, middle)
    return wanted, high


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    console = Console()
    console.print(f"{pairs} pairs each; false_alarms = {TAIL:.2%}, one comparison a gate")
    table = Table("latency", "round noise", "A/A alarms", "5 % loss found")
    for number, (name, (rounds, noise, own)) in enumerate(WORLDS.items()):
        found = [
            latency_alarms(pairs, loss, rounds, noise, own, CELLS, number) for loss in (0, 0.05)
        ]
        table.add_row(name, f"{own:.1%}", *(f"{share:.1%}" for share in found))
    rounds, own = 10, 0.01
    found = [pair_alarms(pairs, loss, rounds, 0.05, own, 7) for loss in (0, 0.05)]
    name = f"two files in turn, {rounds} rounds"
    table.add_row(name, f"{own:.1%}", *(f"{share:.1%}" for share in found))
    console.print(table)
    table = Table("quality, users", "A/A alarms", "smallest loss of NDCG@10", "found")
    for users in (200, 600, 6000):
        wanted, shift = smallest_loss(users)
        alarms, _, _ = quality_alarms(pairs, users, 0.0, users)
        found, _, _ = quality_alarms(pairs, users, shift, users + 1)
        table.add_row(f"{users:,}", f"{alarms:.1%}", f"{wanted:.1%}", f"{found:.1%}")
    console.print(table)


if __name__ == "__main__":
    main()
