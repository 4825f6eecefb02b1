"""Whether a browser's answers are the host's. A wrong answer in no time is worth nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Answers = Mapping[str, NDArray[Any]]

TOP = 10
"""Items of a ranking that are looked at: what an app shows."""
FEWEST_ALIKE = 0.95
"""Share of them that have to be the host's, on average. Right ones had .98 and more (other kernels
round other scores), wrong ones .04 and less."""
FARTHEST = 0.1
"""How far numbers may lie from the host's, on average, as a share of how those vary."""


class Parity(NamedTuple):
    """How the answers compare."""

    top_alike: float | None = None
    """Share of the first `TOP` items that are the host's, over all contexts; None: no ranking."""
    difference: float = 0.0
    """Largest difference of a number from the host's."""
    complaint: str = ""
    """Why the answers are wrong; empty where they are not."""


def compared(host: Answers, browser: Answers) -> Parity:
    """Hold a browser's answers to the host's, output by output, (count, ...) each."""
    import numpy as np

    if set(host) != set(browser):
        return Parity(complaint=f"it has the outputs {sorted(browser)}, the host {sorted(host)}")
    alike, farthest, complaint = None, 0.0, ""
    for name, answers in host.items():
        if browser[name].size != answers.size:
            sizes = f"{browser[name].size} values, on the host {answers.size}"
            return Parity(complaint=f"{name!r} has {sizes}")
        wanted = answers.reshape(len(answers), -1)
        found = browser[name].reshape(wanted.shape)
        if np.issubdtype(wanted.dtype, np.integer):
            share = _alike(wanted, found)
            alike = share if alike is None else min(alike, share)
            if share < FEWEST_ALIKE:
                complaint = complaint or (
                    f"{share:.1%} of the first {min(TOP, wanted.shape[1])} of {name!r} are the "
                    f"host's (at least {FEWEST_ALIKE:.0%})"
                )
            continue
        if not np.isfinite(found).all():
            return Parity(alike, farthest, f"{name!r} holds values that are no numbers")
        away = np.abs(found.astype(np.float64) - wanted)
        farthest = max(farthest, float(away.max()))
        varied = float(wanted.std()) or 1.0
        if away.mean() > FARTHEST * varied:
            complaint = complaint or (
                f"{name!r} lies {away.mean():.3g} from the host's on average, which vary by "
                f"{varied:.3g} (at most {FARTHEST:.0%} of it)"
            )
    return Parity(alike, farthest, complaint)


def _alike(wanted: NDArray[Any], found: NDArray[Any]) -> float:
    """Share of the first items that are among the other's first."""
    import numpy as np

    top = min(TOP, wanted.shape[1])
    shares = [
        len(np.intersect1d(one[:top], other[:top])) / len(np.unique(one[:top]))
        for one, other in zip(wanted, found, strict=True)
    ]
    return float(np.mean(shares))
