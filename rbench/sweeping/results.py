"""Results of the jobs whose stages have none of their own: what lies in the store beside files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from rbench.records import Delegation, Machine, Quality, Timing

CONTEXTS, INPUTS = "contexts.npy", "inputs.npz"
"""Name of the file beside `Contexts`: of contexts alone, or of all that features give too."""


def queries_in(folder: Path) -> Path:
    """The file beside `Contexts`."""
    inputs = folder / INPUTS
    return inputs if inputs.exists() else folder / CONTEXTS


class Baselines(msgspec.Struct, frozen=True, kw_only=True):
    """Result of the baselines' job."""

    scores: dict[str, Quality]


class Contexts(msgspec.Struct, frozen=True, kw_only=True):
    """Result of drawing contexts: ``contexts.npy``, int32 (count, length), lies beside it, or
    ``inputs.npz`` with an array for each input, by the signature's names.
    """

    count: int


class Census(msgspec.Struct, frozen=True, kw_only=True):
    """Result of counting nodes."""

    nodes: dict[str, Any]
    """As in a record's ``model.census``."""


class Profiled(msgspec.Struct, frozen=True, kw_only=True):
    """Result of summing up a cell's rounds."""

    timing: Timing
    delegation: Delegation | None = None
    machine: Machine | None = None
    """The device; None: this host."""
