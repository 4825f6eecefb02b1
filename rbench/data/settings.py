"""What to load and how to split it."""

from __future__ import annotations

import codecs
from typing import Literal

import msgspec

SYNTHETIC = "synthetic"
AUTO = "auto"

Format = Literal[
    "auto",
    "movielens-dat",
    "movielens-100k",
    "movielens-csv",
    "user-item",
    "sequence",
    "csv",
    "json",
    "parquet",
]
Split = Literal["leave_one_out", "global_temporal"]
Duplicates = Literal["refuse", "drop", "keep"]
Header = Literal["auto", "yes", "no"]
Quotes = Literal["auto", "yes", "no"]
Holes = Literal["refuse", "drop", "keep"]
Repeats = Literal["keep", "collapse"]
TimeUnit = Literal["auto", "s", "ms", "us", "ns", "none"]

SEPARATOR_WORDS = {"tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "pipe": "|"}


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
        if not 2 <= self.users <= 10**6:
            raise ValueError(f"users must be a whole number from 2 to 1000000, not {self.users}")
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
        if self.items > 10**6:
            raise ValueError(f"items must be at most 1000000, not {self.items}")
        if self.users * self.interactions_per_user > 10**8:
            raise ValueError(
                "users times interactions_per_user must be at most 100000000, "
                f"not {self.users * self.interactions_per_user}"
            )
        if not 0 <= self.predictability <= 1:
            raise ValueError(f"predictability must be from 0 to 1, not {self.predictability}")
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must be a whole number from 0 to 2^63 - 1, not {self.seed}")


class DataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the interactions come from, how they are read, what is kept, and the split.

    The options of ``rbench data describe`` and ``rbench sweep`` are made from these fields.
    """

    path: str = SYNTHETIC
    """A file or folder with a log, or ``synthetic``. Studies on disk name it relative to
    themselves."""
    format: Format = "auto"
    """Which loader reads it; ``auto`` looks at the files."""
    user_column: str = AUTO
    item_column: str = AUTO
    time_column: str = AUTO
    """Columns of a table, by name, or by number from 1 where there is no header; ``auto`` knows
    the usual names. ``none`` as the time column says that each user's lines are in order
    already; ``DATE+TIME`` joins a column of dates and one of times of day."""
    separator: str = AUTO
    """What stands between the values of a text table: any text, or one of the words ``tab``,
    ``space`` (any white space), ``comma``, ``semicolon``, ``pipe``."""
    header: Header = "auto"
    """Whether the first line of a text table names the columns."""
    quotes: Quotes = "auto"
    """Whether ``"`` may enclose values; ``auto``: as in CSV between commas and semicolons, within
    one line between anything else."""
    comment: str = AUTO
    """Lines that begin with this are skipped; ``auto``: those with #, % or // at the beginning of
    the file."""
    encoding: str = AUTO
    """Of text; ``auto``: a byte order mark, else UTF-8, else Latin-1."""
    time_format: str = AUTO
    """``iso``, ``number``, or the words of strptime, as in ``%d.%m.%Y %H:%M``."""
    time_unit: TimeUnit = "auto"
    """Of times that are numbers since 1970; ``none``: numbers that only say the order."""
    keep: tuple[str, ...] = ()
    """``COLUMN=VALUE``: rows to keep. Of one column any of the values, of several columns all."""
    rating_column: str = AUTO
    """Used with ``min_rating`` only."""
    min_rating: float | None = None
    """Rows with a lower rating are left out."""
    holes: Holes = "refuse"
    """What becomes of rows without user, item or time: empty, or NULL, NA, \\\\N and their like.
    ``keep`` takes such words as names; what is empty is refused nevertheless."""
    duplicates: Duplicates = "refuse"
    """What becomes of a row with the same user, item and time as an earlier one. As a rule it is a
    fault of the export, and would put a target into its own history. Logs without times cannot
    tell, and keep everything."""
    repeats: Repeats = "keep"
    """``collapse`` makes one interaction of a user's consecutive ones with the same item."""
    min_interactions: int = 1
    """k of an iterative k-core: users and items with fewer interactions are dropped."""
    split: Split = "leave_one_out"
    """``leave_one_out``: each user's last item is the test, the last but one the validation
    target; users with fewer than three only train. ``global_temporal``: training ends at a point
    in time, see ``temporal_quantile`` and `rbench.data.split`."""
    held_out: int = 2
    """Under ``leave_one_out``, how many of each user's newest interactions do not train: the first
    of them is the validation target, the last the test's, and those between are its history."""
    new_users: float = 0.0
    """Under ``leave_one_out``, the share of users who neither train nor validate, drawn once and
    for all: they are test users nobody has met."""
    temporal_quantile: float = 0.9
    """Share of all interactions before the test point of a global temporal split."""
    synthetic: SyntheticSettings = SyntheticSettings()
    beside: tuple[str, ...] = ()
    """Further columns to read beside the items. A study's features name their own."""

    def __post_init__(self) -> None:
        if not 1 <= self.min_interactions <= 10**6:
            raise ValueError(
                "min_interactions must be a whole number from 1 to 1000000, "
                f"not {self.min_interactions}"
            )
        _check_split(self)
        for name in ("user_column", "item_column", "time_column", "rating_column", "comment"):
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty; leave it out")
        if not self.separator or "\n" in self.separator or "\r" in self.separator:
            raise ValueError("separator must be a text within a line, not empty")
        for pair in self.keep:
            if not pair.partition("=")[0] or "=" not in pair:
                raise ValueError(f"keep must be COLUMN=VALUE, not {pair!r}")
        if self.min_rating is not None and not abs(self.min_rating) < float("inf"):
            raise ValueError(f"min_rating must be a number, not {self.min_rating}")
        if self.min_rating is None and self.rating_column != AUTO:
            raise ValueError("rating_column is of use with min_rating only")
        if self.encoding != AUTO and not _encodes_text(self.encoding):
            raise ValueError(
                f"encoding must be one of Python's, such as latin-1 or gb18030, not "
                f"{self.encoding!r}"
            )
        if self.time_format not in (AUTO, "iso", "number") and "%" not in self.time_format:
            raise ValueError(
                "time_format must be iso, number, or strptime's words such as %d.%m.%Y, not "
                f"{self.time_format!r}"
            )

    @property
    def between(self) -> str:
        """The separator itself, not its word; empty for any white space, and for ``auto``."""
        if self.separator in (AUTO, "space", " "):
            return ""
        text = SEPARATOR_WORDS.get(self.separator, self.separator)
        try:
            return codecs.decode(text, "unicode_escape") if text.startswith("\\") else text
        except UnicodeDecodeError:
            return text


ItemKind = Literal["category", "multi_hot", "year", "words"]


class ItemColumn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of an items file, and what it says of an item."""

    column: str
    kind: ItemKind = "category"
    """``category``: the text as it is; ``multi_hot``: several, with ``separator`` between them;
    ``year``: the last year from 1800 to 2099 that stands in the text, and its decade; ``words``:
    its words, hashed."""
    separator: str = "|"
    buckets: int = 1024
    """Of ``words``: how many vectors they share."""

    def __post_init__(self) -> None:
        if not self.column:
            raise ValueError("column must not be empty")
        if not self.separator:
            raise ValueError("separator must not be empty")
        if self.separator != "|" and self.kind != "multi_hot":
            raise ValueError(f"separator is of use with kind 'multi_hot', not with {self.kind!r}")
        if self.buckets != 1024 and self.kind != "words":
            raise ValueError(f"buckets are of use with kind 'words', not with {self.kind!r}")
        if not 2 <= self.buckets <= 1 << 20:
            raise ValueError(f"buckets must be from 2 to 1048576, not {self.buckets}")

    @property
    def said(self) -> str:
        """In words."""
        return f"{self.column} ({self.kind})"


class ItemsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the items, whose columns are learnt with them and folded into the one table."""

    path: str
    """CSV, TSV, JSON lines, Parquet or MovieLens' movies.dat: one line an item. Studies on disk
    name it relative to themselves."""
    columns: tuple[ItemColumn, ...]
    id_column: str = ""
    """Holds the log's own item ids; where not named, a usual name of them or the first column."""

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("path must not be empty")
        if not self.columns:
            raise ValueError("columns must not be empty: name one, { column = ..., kind = ... }")
        said = [column.said for column in self.columns]
        if len(set(said)) < len(said):
            raise ValueError(f"columns names {max(said, key=said.count)} twice")


def _check_split(settings: DataSettings) -> None:
    if not 0 < settings.temporal_quantile < 1:
        raise ValueError(
            f"temporal_quantile must be between 0 and 1, not {settings.temporal_quantile}"
        )
    if not 2 <= settings.held_out <= 10**6:
        raise ValueError(
            f"held_out must be a whole number from 2 to 1000000, not {settings.held_out}"
        )
    if not 0 <= settings.new_users < 1:
        raise ValueError(f"new_users must be from 0 to less than 1, not {settings.new_users}")


def _encodes_text(name: str) -> bool:
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return False
    return True
