"""What to load and how to split it."""

from __future__ import annotations

from typing import Literal

import msgspec

SYNTHETIC = "synthetic"

Format = Literal[
    "auto", "movielens-dat", "movielens-100k", "movielens-csv", "user-item", "csv", "parquet"
]
Split = Literal["leave_one_out", "global_temporal"]
Duplicates = Literal["refuse", "drop", "keep"]


class SyntheticSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The embedded default: a log made from a seed, whose best possible Recall@k is known."""

    users: int = 2000
    items: int = 500
    """Nobody meets an item twice, so this must be more than ``interactions_per_user``."""
    interactions_per_user: int = 20
    predictability: float = 0.75
    """The dial: 0 is pure noise, 1 is fully predictable."""
    seed: int = 1

    def __post_init__(self) -> None:
        if self.users < 2:
            raise ValueError(f"users must be a whole number from 2, not {self.users}")
        if self.interactions_per_user < 3:
            raise ValueError(
                "interactions_per_user must be a whole number from 3, "
                f"not {self.interactions_per_user}"
            )
        if self.items <= self.interactions_per_user:
            raise ValueError(
                f"items must be more than interactions_per_user, {self.interactions_per_user}, "
                f"not {self.items}"
            )
        if not 0 <= self.predictability <= 1:
            raise ValueError(f"predictability must be from 0 to 1, not {self.predictability}")
        if self.seed < 0:
            raise ValueError(f"seed must be a whole number from 0, not {self.seed}")


class DataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the interactions come from, what is kept, and how users are held out."""

    path: str = SYNTHETIC
    """A file or folder with a log, or ``synthetic``. Studies on disk name it relative to
    themselves."""
    format: Format = "auto"
    """Which loader reads it; ``auto`` looks at the files."""
    user_column: str = "auto"
    item_column: str = "auto"
    time_column: str = "auto"
    """Columns of a CSV or Parquet log; ``auto`` knows the usual names. ``none`` as the time
    column says that each user's lines are in order already."""
    duplicates: Duplicates = "refuse"
    """What becomes of a row with the same user, item and time as an earlier one. As a rule it is a
    fault of the export, and would put a target into its own history. Logs without times cannot
    tell, and keep everything."""
    min_interactions: int = 1
    """k of an iterative k-core: users and items with fewer interactions are dropped."""
    split: Split = "leave_one_out"
    """``leave_one_out``: each user's last item is the test, the last but one the validation
    target; users with fewer than three only train. ``global_temporal``: training ends at a point
    in time, see ``temporal_quantile`` and `rbench.data.split`."""
    temporal_quantile: float = 0.9
    """Share of all interactions before the test point of a global temporal split."""
    synthetic: SyntheticSettings = SyntheticSettings()

    def __post_init__(self) -> None:
        if self.min_interactions < 1:
            raise ValueError(
                f"min_interactions must be a whole number from 1, not {self.min_interactions}"
            )
        if not 0 < self.temporal_quantile < 1:
            raise ValueError(
                f"temporal_quantile must be between 0 and 1, not {self.temporal_quantile}"
            )
