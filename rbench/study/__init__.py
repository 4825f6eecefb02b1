"""Studies: the TOML files that span a grid of cells."""

from rbench.study.study import (
    BUILTIN,
    Limits,
    Study,
    label_of,
    shipped,
)

__all__ = [
    "BUILTIN",
    "Limits",
    "Study",
    "label_of",
    "shipped",
]
