"""rbench: which recommender should your app ship?

>>> import rbench
>>> run = rbench.sweep(rbench.Study.read("default"))  # doctest: +SKIP
>>> run.frame()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbench.records import Run
    from rbench.records.run_folder import read_run
    from rbench.study import Study
    from rbench.sweeping.sweep import sweep

__all__ = ["Run", "Study", "read_run", "sweep"]


_HOMES = {
    "Run": "rbench.records",
    "Study": "rbench.study",
    "read_run": "rbench.records.run_folder",
    "sweep": "rbench.sweeping.sweep",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: commands start fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rbench' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
