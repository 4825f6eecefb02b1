"""The data stage: from settings to a `Dataset`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from pathlib import Path

import msgspec
import numpy as np

from rbench.data import synthetic, text
from rbench.data.beside import beside_items, further_columns
from rbench.data.checksum import checksum
from rbench.data.dataset import Columns, Dataset, Holdout, Ids, Ragged
from rbench.data.facts import facts
from rbench.data.formats import find, refuse_unused
from rbench.data.item_features import item_features
from rbench.data.log import Log
from rbench.data.sequences import Sequences, sequences
from rbench.data.settings import SYNTHETIC, DataSettings, ItemsSettings
from rbench.data.split import SPLITS, Questions
from rbench.errors import DataError
from rbench.records import DataSummary

USUAL = DataSettings()
OF_SPLITS = {
    "temporal_quantile": "global_temporal",
    "held_out": "leave_one_out",
    "new_users": "leave_one_out",
}
"""Setting -> the one split that it is for."""


def load(
    settings: DataSettings, columns: Collection[str] = (), items: ItemsSettings | None = None
) -> Dataset:
    """Read a log, or make the synthetic one; order, clean and split it.

    Args:
        columns: what is kept beside the items, see `rbench.features.Feature.column`.
        items: a table of the items.

    Raises:
        DataError: it cannot be read, is too short for the split, or lacks a column; or the table of
            the items is not one of these.
        MissingExtraError: it is Parquet and pyarrow is not installed.
    """
    further = tuple(dict.fromkeys([*settings.beside, *further_columns(columns)]))
    settings = msgspec.structs.replace(settings, beside=further)
    if settings.path == SYNTHETIC:
        refuse_unused(SYNTHETIC, settings, SYNTHETIC)
        name, log = SYNTHETIC, synthetic.make(settings.synthetic)
    else:
        log = find(settings).read(settings)
        name = _name(settings.path)
    rows = len(log.users)
    _refuse_unused(settings, log)
    cleaned = sequences(log, settings.min_interactions, settings.duplicates, settings.repeats)
    cut = SPLITS[settings.split](cleaned, settings)
    beside = beside_items(cleaned, columns)
    trained = cleaned.places(np.arange(len(cut.train)), cut.train)
    train = cleaned.beginnings(np.arange(len(cut.train)), cut.train)
    dense, vocabulary = _vocabulary(train.values, cleaned.item_names)
    asked = cleaned.beginnings(cut.test.users, cut.test.positions)
    ideal: dict[str, float] = {}
    if settings.path == SYNTHETIC and not cleaned.dropped["interactions"]:
        known = np.flatnonzero(dense).astype(np.int32)
        ideal = synthetic.ideal(settings.synthetic, asked, cleaned.item_names, known)
    validation, test = (
        _holdout(cleaned, part, dense, beside) for part in (cut.validation, cut.test)
    )
    learnt = item_features(items, vocabulary[1:]) if items else None
    details = {"rows": rows, **facts(cleaned, cut, dense)}
    return Dataset(
        summary=DataSummary(
            name=name,
            format=log.format,
            users=len(cleaned.user_names),
            items=len(cleaned.item_names),
            catalogue=len(vocabulary) - 1,
            interactions=len(cleaned.items.values),
            split=settings.split,
            test_users=len(cut.test.users),
            validation_users=len(cut.validation.users),
            checksum=checksum(cleaned, cut),
            ideal=ideal,
            details=details | ({"item_features": learnt.said()} if learnt else {}),
            reading=log.reading,
        ),
        vocabulary=vocabulary,
        train=Ragged(dense[train.values], train.offsets),
        validation=validation,
        test=test,
        columns={name: values[trained] for name, values in beside.items()},
        item_features=learnt.features if learnt else None,
    )


def _refuse_unused(settings: DataSettings, log: Log) -> None:
    """Of what is done with a log once it is read."""
    given = ""
    if settings.duplicates == "drop" and log.times is None:
        given, why = "duplicates", "a log without times cannot tell copies from repeats"
    for name, split in OF_SPLITS.items():
        if settings.split != split and getattr(settings, name) != getattr(USUAL, name):
            given, why = name, f"split {settings.split!r} has no use for it"
    if given:
        option = f"--{given.replace('_', '-')}"
        raise DataError(f"{option}: {why}", where=log.where, remedy=f"leave {option} out")


def fingerprint(settings: DataSettings) -> str:
    """sha256 of the bytes of the files that `load` would read, or of the synthetic settings.

    Parses nothing: as fast as the disk.

    Raises:
        DataError: nothing is there, or nothing that rbench knows.
    """
    if settings.path == SYNTHETIC:
        return synthetic.fingerprint(settings.synthetic)
    _must_be_text(settings.path)
    source = find(settings)
    digests = [_digest(path) for path in source.files]
    folders = [f"{folders!r}".encode() for _, folders in source.parts if folders]
    if len(digests) == 1 and not folders:
        return digests[0].hex()
    parts = [*digests, *folders]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def items_fingerprint(items: ItemsSettings | None) -> str:
    """sha256 of the table of the items; empty where there is none.

    Raises:
        DataError: it is not there.
    """
    if items is None:
        return ""
    _must_be_text(items.path)
    return _digest(Path(items.path).expanduser()).hex()


def _must_be_text(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            "the path is not UTF-8 text, so records could not name it",
            where=repr(path),
            remedy="rename the file, or give it another name with: ln -s",
        ) from error


def _digest(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise text.unreadable(path, error) from error


def _name(path: str) -> str:
    place = Path(path).expanduser().resolve()
    name = place.name if place.is_dir() else place.name.partition(".")[0] or place.name
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _vocabulary(trained: Ids, names: tuple[str, ...]) -> tuple[Ids, tuple[str, ...]]:
    """Dense id of each code, 0 where training never saw it; and the names by dense id."""
    counts = np.bincount(trained, minlength=len(names))
    ranked = np.argsort(-counts, kind="stable")
    ranked = ranked[counts[ranked] > 0]
    dense = np.zeros(len(counts), np.int32)
    dense[ranked] = np.arange(1, len(ranked) + 1)
    return dense, ("", *(names[code] for code in ranked))


def _holdout(log: Sequences, questions: Questions, dense: Ids, beside: Columns) -> Holdout:
    histories = log.beginnings(questions.users, questions.positions)
    places = log.places(questions.users, questions.positions)
    targets = log.items.offsets[questions.users] + questions.positions
    return Holdout(
        histories=Ragged(dense[histories.values], histories.offsets),
        targets=dense[log.at(questions.users, questions.positions)],
        users=questions.users,
        columns={name: values[places] for name, values in beside.items()},
        now={name: values[targets] for name, values in beside.items()},
    )
