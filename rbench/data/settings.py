"""What to load and how to split it."""

from __future__ import annotations

from typing import Literal

import msgspec

SYNTHETIC = "synthetic"


class SyntheticSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The embedded default: a log made from a seed, whose best possible Recall@k is known."""

    users: int = 2000
    items: int = 500
    interactions_per_user: int = 20
    predictability: float = 0.75
    """The dial: 0 is pure noise, 1 is fully predictable."""
    seed: int = 1


class DataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the interactions come from, what is kept, and how users are held out."""

    path: str = SYNTHETIC
    """A file or folder with a log, or ``synthetic``. Studies on disk name it relative to
    themselves."""
    format: Literal[
        "auto", "movielens-dat", "movielens-100k", "movielens-csv", "user-item", "csv", "parquet"
    ] = "auto"
    """Which loader reads it; ``auto`` looks at the files."""
    user_column: str = "auto"
    item_column: str = "auto"
    time_column: str = "auto"
    """Columns of a CSV or Parquet log; ``auto`` knows the usual names."""
    min_interactions: int = 1
    """k of an iterative k-core: users and items with fewer interactions are dropped."""
    split: Literal["leave_one_out", "global_temporal"] = "leave_one_out"
    """``leave_one_out``: each user's last item is the test, the last but one the validation
    target. ``global_temporal``: training ends at a point in time, see ``temporal_quantile``."""
    temporal_quantile: float = 0.9
    """Share of all interactions before the test point of a global temporal split."""
    synthetic: SyntheticSettings = SyntheticSettings()
