"""rbench: which recommender should your app ship?

>>> import rbench
>>> run = rbench.sweep("default")  # doctest: +SKIP
>>> run.frame()  # doctest: +SKIP
>>> run.ship(run.best(max_size="100KB"), "bundle")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbench.notebook import Run, read_run, sweep
    from rbench.study import Study

__all__ = ["Run", "Study", "read_run", "sweep"]


_HOMES = {
    "Run": "rbench.notebook",
    "Study": "rbench.study",
    "read_run": "rbench.notebook",
    "sweep": "rbench.notebook",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: commands start fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rbench' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
