"""A `Dataset` in a folder: ``dataset.json`` (summary, vocabulary) and ``split.npz`` (arrays)."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from rbench.data.dataset import Dataset, Holdout, ItemFeatures, Ragged
from rbench.errors import DataError
from rbench.records import DataSummary
from rbench.system.arrays import TORN, arrays_in
from rbench.system.writing import writing

DOCUMENT = "dataset.json"
ARRAYS = "split.npz"
COLUMN, NOW = "_column_", "_now_"
"""Before the name of a column: its values beside the items, and at the targets."""


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    summary: DataSummary
    vocabulary: tuple[str, ...]
    item_values: tuple[str, ...] | None = None
    """Names of the values of item features."""


def save(dataset: Dataset, folder: Path) -> None:
    """Write a dataset; the same dataset gives the same bytes.

    Raises:
        OutputError: the folder cannot be written.
    """
    known = dataset.item_features
    document = _Document(
        summary=dataset.summary,
        vocabulary=dataset.vocabulary,
        item_values=known.names if known else None,
    )
    arrays = {
        "train_values": dataset.train.values,
        "train_offsets": dataset.train.offsets,
        **_arrays("validation", dataset.validation),
        **_arrays("test", dataset.test),
        **{f"train{COLUMN}{name}": values for name, values in dataset.columns.items()},
    }
    if known:
        arrays |= {
            "items_values": known.values.values,
            "items_offsets": known.values.offsets,
            "items_weights": known.weights,
        }
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DOCUMENT).write_bytes(msgspec.json.encode(document, order="deterministic"))
        np.savez(folder / ARRAYS, **arrays)  # type: ignore[arg-type]


def open_dataset(folder: Path) -> Dataset:
    """Read what `save` wrote.

    Raises:
        DataError: it is not there, or torn.
    """
    try:
        document = msgspec.json.decode((folder / DOCUMENT).read_bytes(), type=_Document)
        with arrays_in(folder / ARRAYS) as arrays:
            return Dataset(
                summary=document.summary,
                vocabulary=document.vocabulary,
                train=Ragged(arrays["train_values"], arrays["train_offsets"]),
                validation=_holdout("validation", arrays),
                test=_holdout("test", arrays),
                columns=_columns("train", COLUMN, arrays),
                item_features=None
                if document.item_values is None
                else ItemFeatures(
                    Ragged(arrays["items_values"], arrays["items_offsets"]),
                    arrays["items_weights"],
                    document.item_values,
                ),
            )
    except TORN as error:
        raise _unreadable(folder, error) from error


def read_vocabulary(folder: Path) -> tuple[str, ...]:
    """The vocabulary of what `save` wrote, without its arrays.

    Raises:
        DataError: it is not there, or torn.
    """
    try:
        return msgspec.json.decode((folder / DOCUMENT).read_bytes(), type=_Document).vocabulary
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: Exception) -> DataError:
    return DataError(
        f"no dataset that can be read: {error}",
        where=str(folder),
        remedy="run the sweep again, it makes what is missing",
    )


def _arrays(name: str, holdout: Holdout) -> dict[str, np.ndarray]:
    return {
        f"{name}_values": holdout.histories.values,
        f"{name}_offsets": holdout.histories.offsets,
        f"{name}_targets": holdout.targets,
        f"{name}_users": holdout.users,
        **{f"{name}{COLUMN}{column}": values for column, values in holdout.columns.items()},
        **{f"{name}{NOW}{column}": values for column, values in holdout.now.items()},
    }


def _holdout(name: str, arrays: np.lib.npyio.NpzFile) -> Holdout:
    return Holdout(
        histories=Ragged(arrays[f"{name}_values"], arrays[f"{name}_offsets"]),
        targets=arrays[f"{name}_targets"],
        users=arrays[f"{name}_users"],
        columns=_columns(name, COLUMN, arrays),
        now=_columns(name, NOW, arrays),
    )


def _columns(name: str, mark: str, arrays: np.lib.npyio.NpzFile) -> dict[str, np.ndarray]:
    start = f"{name}{mark}"
    return {key[len(start) :]: arrays[key] for key in arrays.files if key.startswith(start)}
