"""How small a loss of quality users can show: before anything was lost, and as a share.

A gate that passes says "no loss beyond chance", which is worth as much as the smallest loss that
it would have seen. That depends on how many users there are, how many of them gain anything, and
how far two models differ user by user; all of it stands in a pair of ranks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.artefacts import read_ranks
from rbench.gate.against import models_of
from rbench.gate.chance import normal_quantile, student_quantile
from rbench.gate.limits import Limits
from rbench.gate.quality import freedom_of
from rbench.gate.scores import gains
from rbench.records import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

FALSE_ALARMS = float(Limits().false_alarms)
REFERENCE = "float32"
POWER = 0.95
"""Chance, at least, that a loss of the smallest size is found."""
CAUTION = 0.6
"""Of the chance to miss it, what is reckoned with. Few users gain much, which makes their mean less
normal than the formula takes it for; with this share the stated power holds for all that
benchmarks/quality_power.py simulates."""


def smallest_loss(
    before: NDArray[Any],
    after: NDArray[Any],
    tail: float = FALSE_ALARMS,
    power: float = POWER,
) -> float | None:
    """The smallest share of the mean gain whose loss these users show with the chance ``power``.

    Losses come in the way that is hardest to see: each user's target drops out of the list with
    the chance of the loss, and all that the user gained is gone. With a loss L, the differences
    after - before then have the variance

        (1 - L) V + L E[before^2] - L^2 E[before]^2,

    V as the pair shows it now, any loss that it has already taken out. The gate, which allows no
    loss, calls one from B = t(tail) * error(B) on, and a loss L comes out above B with the chance
    p where L = B + z(p) * error(L). Both are solved by bisection, p a little above ``power``.

    Args:
        before: what each user gained, float64 (users,).
        after: what the same users gained by the other model; ``before`` itself is a pair too,
            that of two models with the same ranks.
        tail: chance of a false alarm, as for `Lost.interval`.

    Returns:
        0 to 1; None where nobody gains anything, so that nothing can be lost.

    Source: Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 2003, section
        4.2, for errors that differ with and without the effect.
    """
    mean, other = (float(gained.mean()) if len(gained) else 0.0 for gained in (before, after))
    if mean <= 0 or other <= 0:
        return None
    variance = float(((after * (mean / other) - before) ** 2).mean())
    squares = float((before**2).mean())
    critical = student_quantile(tail, freedom_of(before, after))
    known = normal_quantile(CAUTION * (1 - power))

    def error(loss: float) -> float:
        spread = (1 - loss) * variance + loss * squares - (loss * mean) ** 2
        return math.sqrt(max(0.0, spread) / len(before)) / mean

    called = _root(lambda loss: loss - critical * error(loss))
    return _root(lambda loss: loss - called - known * error(loss))


def _root(rising: Callable[[float], float]) -> float:
    """Where a function that is negative at first becomes positive, from 0 to 1; 1 if nowhere."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) <= 0 else (low, middle)
    return high


class Sight(NamedTuple):
    """What a run's users can show."""

    metric: str
    users: int
    loss: float | None
    """The smallest loss, as a share; None: there is nothing to lose."""
    pair: str
    """The two models that differ most for their users, so that the others show more."""
    tail: float
    power: float

    @property
    def sentence(self) -> str:
        """For a line of text, e.g. ``users=610: a loss of ndcg@10 below 4.1 % cannot be seen``."""
        if self.loss is None:
            return f"users={self.users}: nobody gains any {self.metric}, so no loss can be seen"
        return (
            f"users={self.users}: a loss of {self.metric} below {100 * self.loss:.1f} % "
            f"cannot be seen ({self.power:.0%} power)"
        )


def sight(
    run: Run, metric: str = "ndcg@10", tail: float = FALSE_ALARMS, power: float = POWER
) -> Sight | None:
    """The smallest loss that a run's users show for every one of its files.

    Each file is paired with the float32 file of its encoder and seed: the pair that compression
    is judged by. The largest of the pairs' smallest losses is taken.

    Returns:
        None where no file has ranks that tell the metric.
    """
    found = [
        Sight(metric, len(before), smallest_loss(before, after, tail, power), pair, tail, power)
        for pair, before, after in _pairs(run, metric)
    ]
    return max(found, key=lambda one: math.inf if one.loss is None else one.loss, default=None)


def _pairs(run: Run, metric: str) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """(names, gains of the reference, gains of the other) of every file but the references; a
    file without a reference, as the reference itself, is held to its own ranks.
    """
    told: dict[str, NDArray[Any]] = {}
    references: dict[str, str] = {}
    for made in models_of(run):
        ranks = read_ranks(run, made.quality).values
        gained = None if ranks is None else gains(metric, ranks)
        if gained is None:
            continue
        told[made.subject] = gained
        cell = made.record.cell
        own = f"{cell.encoder} x {cell.recipe}"
        references[made.subject] = f"{cell.encoder} x {REFERENCE}" + made.subject.removeprefix(own)
    for subject, after in told.items():
        before = told.get(references[subject])
        if before is None or len(before) != len(after):
            before = after
        yield f"{subject} beside {references[subject]}", before, after
