"""Coverage: how much of the catalogue is shown to anybody. Of all users together, so no mean over
them and without an interval; it has a field of its own in records.
"""

from __future__ import annotations

from rbench.metrics.metric import Lists

DEPTH = 10
"""Length of the lists that count."""


def coverage(lists: Lists) -> float:
    """Share of the catalogue in some user's ten best, 0 to 1."""
    import numpy as np

    shown = np.zeros(len(lists.interactions), bool)
    shown[lists.items[:, :DEPTH]] = True
    return float(shown[1:].mean())
