"""Power: how small a loss of quality users can show, before anything was lost.

A gate that passes says "no significant loss", which is worth as much as the smallest loss that it
would have seen. That depends on how many users there are, how many of them gain anything, and how
far two models differ user by user; all of it stands in a pair of gains.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rbench.stats.relative_loss import degrees_of_freedom
from rbench.stats.significance import ALPHA, POWER
from rbench.stats.students_t import normal_quantile, students_t_quantile

if TYPE_CHECKING:
    from numpy.typing import NDArray

CAUTION = 0.6
"""Of the probability to miss it, what is reckoned with. Few users gain much, which makes their mean
less normal than the formula takes it for; with this share the stated power holds for all that
benchmarks/quality_power.py simulates."""


def minimum_detectable_loss(
    before: NDArray[Any],
    after: NDArray[Any],
    alpha: float = ALPHA,
    power: float = POWER,
) -> float | None:
    """The smallest share of the mean gain whose loss these users show with the probability
    ``power``.

    Losses come in the way that is hardest to see: each user's target drops out of the list with
    the probability of the loss, and all that the user gained is gone. With a loss L, the
    differences after - before then have the variance

        (1 - L) V + L E[before^2] - L^2 E[before]^2,

    V as the pair shows it now, any loss that it has already taken out. The gate, which allows no
    loss, calls one from B = t(alpha) * error(B) on, and a loss L comes out above B with the
    probability p where L = B + z(p) * error(L). Both are solved by bisection, p a little above
    ``power``.

    Args:
        before: what each user gained, float64 (users,).
        after: what the same users gained by the other model; ``before`` itself is a pair too,
            that of two models with the same ranks.
        alpha: as for `RelativeLoss.interval`.

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
    critical = students_t_quantile(alpha, degrees_of_freedom(before, after))
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
