"""How often the gate cries wolf, and how often it sees one: simulated pairs, the gate's own code.

    python benchmarks/gate_power.py [PAIRS]

**Latency.** A run of ten cells on one target is simulated, over and over: each round moves all
cells alike by 2 %, and each cell beside that by its own noise. One cell is held to a reference with
``max_ratio = 1.0``. A/A: both have the same true time; power: the cell is 5 % slower. Where rounds
are too noisy to see that, the gate must say so. How noisy real rounds are, ``benchmarks/aa.py``
measures.

**Two files.** Timed in turn, they are compared round by round, otherwise as above.

A `fail` counts as an alarm; a `warn` does not, it leaves CI green. What is simulated is printed
with the result. All is seeded: the same numbers each time. ``benchmarks/quality_power.py`` does the
same for quality.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from rbench.gate.latency import sighted
from rbench.gate.levels import Levels, Measure, Subject, at_most
from rbench.gate.limits import Limits
from rbench.profile import ProfileSettings
from rbench.profile.pair import SETTINGS
from rbench.stats.rounds import Ratio, compare, compare_pairs, in_common

TAIL = float(Limits().false_alarms)
CELLS = 10
SHARED = 0.02
"""Standard deviation of what a round does to all its cells alike."""
ROUNDS, PAIR_ROUNDS = ProfileSettings().rounds, SETTINGS.rounds
"""Of a sweep, and of two files alone, unless the user says otherwise."""
WORLDS: dict[str, tuple[int, Sequence[float], float | None]] = {
    f"all 0.5 %, {ROUNDS} rounds": (ROUNDS, (0.5,), None),
    f"all 1 %, {ROUNDS} rounds": (ROUNDS, (1.0,), None),
    f"all 1.5 %, {ROUNDS} rounds": (ROUNDS, (1.5,), None),
    f"others 1 %, these two 1.5 %, {ROUNDS} rounds": (ROUNDS, (1.0,), 1.5),
    f"others 1 %, these two 2 %, {ROUNDS} rounds": (ROUNDS, (1.0,), 2.0),
    f"others 1 %, these two 2 %, {2 * ROUNDS} rounds": (2 * ROUNDS, (1.0,), 2.0),
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
    place = Subject("cell", "latency ratio")
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
    for own in (1.0, 1.5, 2.0):
        name = f"two files in turn, {own:g} %, {PAIR_ROUNDS} rounds"
        rows[name] = [pair_outcomes(pairs, loss, PAIR_ROUNDS, own, 7) for loss in (0, 0.05)]
    for name, (equal, slower) in rows.items():
        shown = (equal.fails, slower.fails, slower.passes, equal.blind)
        table.add_row(name, *(f"{share:.1%}" for share in shown))
    console.print(table)


if __name__ == "__main__":
    main()
