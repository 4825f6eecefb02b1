"""The bootstrap: intervals of means over users, by resampling the users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELLS = 4_000_000
"""Weights drawn at once; 32 MB."""
PERCENTILES = (2.5, 97.5)
"""Ends of a 95 % interval."""


def bootstrap_means(
    values: NDArray[Any], counts: NDArray[Any], resamples: int, seed: int
) -> NDArray[Any]:
    """Means over resampled users.

    Users of one kind have the same values. So a resample of the users is a multinomial draw of how
    often each kind comes up, which costs a fraction of drawing the users themselves and has the
    same distribution. All columns share the resamples.

    Args:
        values: float64 ``(kinds, columns)``.
        counts: int ``(kinds,)``, users of each kind; at least one user.
        resamples: how often the users are drawn anew, with replacement.

    Returns:
        float64 ``(resamples, columns)``.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    import numpy as np

    users = int(counts.sum())
    generator = np.random.default_rng(seed)
    size = max(1, CELLS // len(counts))
    means: NDArray[Any] = np.concatenate(
        [
            generator.multinomial(users, counts / users, size=min(size, resamples - start))
            @ values
            / users
            for start in range(0, resamples, size)
        ]
    )
    return means


def percentile_interval(means: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both ends of each column's 95 % percentile interval, ``(columns,)`` each.

    Args:
        means: float64 ``(resamples, columns)``.
    """
    import numpy as np

    low, high = np.percentile(means, PERCENTILES, axis=0)
    return low, high
