"""How often the gate cries wolf, and how often it sees one: simulated pairs, the gate's own code.

    python benchmarks/gate_power.py [PAIRS]

**Latency.** A run of ten cells on one target is simulated, over and over: each round moves all
cells alike by 2 %, and each cell beside that by its own noise. One cell is held to a reference with
``max_ratio = 1.0``. A/A: both have the same true time; power: the cell is 5 % slower. Where rounds
are too noisy to see that, the gate must say so. How noisy real rounds are, ``benchmarks/aa.py``
measures.

**Two files.** Timed in turn, they are compared round by round, otherwise as above.

**Quality.** Two models rank the targets of the same users; they agree about which users are easy
and differ by chance. A/A: equally good; power: NDCG@10 lower by the smallest loss that such users
can show, (z(false alarm) + z(0.95)) standard errors of the paired difference. The limit is
``max_loss = "0%"``, the strictest there is.

A `fail` counts as an alarm; a `warn` does not, it leaves CI green. What is simulated is printed
with the result. All is seeded: the same numbers each time.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from rbench.gate.latency import sighted
from rbench.gate.levels import Levels, Measure, Place, at_most
from rbench.gate.limits import Limits
from rbench.gate.quality import gains, paired
from rbench.gate.rounds import Ratio, compare, compare_pairs, in_common

TAIL = float(Limits().false_alarms)
POWER = 0.95
CELLS = 10
SHARED = 0.02
"""Standard deviation of what a round does to all its cells alike."""
WORLDS: dict[str, tuple[int, Sequence[float], float | None]] = {
    "all 0.5 %, 3 rounds": (3, (0.5,), None),
    "all 1 %, 3 rounds": (3, (1.0,), None),
    "others 1 %, these two 1.5 %, 3 rounds": (3, (1.0,), 1.5),
    "others 1 %, these two 1.5 %, 5 rounds": (5, (1.0,), 1.5),
    "others 1 %, these two 2 %, 3 rounds": (3, (1.0,), 2.0),
    "others 1 %, these two 2 %, 10 rounds": (10, (1.0,), 2.0),
}
"""Name -> rounds, standard deviations (%) of a round's median from which the cells' are drawn, and
that of the two that are compared, if it is another."""


class Outcomes(NamedTuple):
    """Shares of pairs."""

    fails: float
    blind: float
    """Would pass, but the gate says that it could not have seen a loss of 5 %."""
    passes: float
    """Passes in silence; the rest warns."""


def latency_outcomes(
    pairs: int, loss: float, rounds: int, noise: Sequence[float], own: float | None, seed: int
) -> Outcomes:
    """What becomes of pairs at ``max_ratio = 1.0``, if a cell is slower by ``loss``.

    Args:
        noise, own: in per cent, see `WORLDS`.
    """
    random = np.random.default_rng(seed)
    found = []
    for _ in range(pairs):
        speed = random.uniform(20, 100, size=CELLS)
        speed[1] = speed[0] * (1 + loss)
        spread = random.choice(noise, size=CELLS) / 100
        if own is not None:
            spread[:2] = own / 100
        shared = SHARED * random.normal(size=rounds)
        beside = spread[:, None] * random.normal(size=(CELLS, rounds))
        medians = speed[:, None] * np.exp(shared + beside)
        rest = in_common([[float(x) for x in row] for row in np.log(medians)])
        found.append(compare(tuple(medians[1]), tuple(medians[0]), rest, TAIL))
    return outcomes(found)


def pair_outcomes(pairs: int, loss: float, rounds: int, own: float, seed: int) -> Outcomes:
    """The same for two files that are timed in turn, without any other."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(pairs):
        both = SHARED * random.normal(size=rounds)
        old, new = (
            50 * factor * np.exp(both + own / 100 * random.normal(size=rounds))
            for factor in (1.0, 1.0 + loss)
        )
        found.append(compare_pairs(tuple(new), tuple(old), TAIL))
    return outcomes(found)


def outcomes(found: Sequence[Ratio]) -> Outcomes:
    """What the gate makes of ratios at ``max_ratio = 1.0`` and ``must_see = "5%"``."""
    place = Place("cell", "latency ratio")
    counts = Counter(
        sighted(
            at_most(
                place,
                Levels(None, 1.0),
                Measure(ratio.value, "ratio", str, (ratio.low, ratio.high)),
            ),
            place,
            ratio,
            1.0,
            0.05,
        ).status
        for ratio in found
    )
    shares = (counts[status] / len(found) for status in ("fail", "not comparable", "pass"))
    return Outcomes(*shares)


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
    table = Table(
        "latency", "equal fail", "5 % slower fail", "5 % slower pass", "equal: too noisy to see"
    )
    rows = {
        name: [latency_outcomes(pairs, loss, *world, seed) for loss in (0, 0.05)]
        for seed, (name, world) in enumerate(WORLDS.items())
    }
    for own in (1.0, 2.0):
        name = f"two files in turn, 10 rounds, {own:.0f} %"
        rows[name] = [pair_outcomes(pairs, loss, 10, own, 7) for loss in (0, 0.05)]
    for name, (equal, slower) in rows.items():
        shown = (equal.fails, slower.fails, slower.passes, equal.blind)
        table.add_row(name, *(f"{share:.1%}" for share in shown))
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
