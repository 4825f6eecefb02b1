"""rbench: which recommender should your app ship?

>>> import rbench
>>> run = rbench.sweep(rbench.Study.read("default"))  # doctest: +SKIP
>>> run.frame()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rbench.records import Run
    from rbench.run_folder import read_run
    from rbench.study import Study
    from rbench.sweeping import sweep

__all__ = ["Run", "Study", "read_run", "sweep"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for: commands start fast."""
    if name == "Run":
        from rbench import records as home
    elif name == "read_run":
        from rbench import run_folder as home  # type: ignore[no-redef]
    elif name == "Study":
        from rbench import study as home  # type: ignore[no-redef]
    elif name == "sweep":
        from rbench import sweeping as home  # type: ignore[no-redef]
    else:
        raise AttributeError(f"module 'rbench' has no attribute {name!r}")
    return getattr(home, name)
