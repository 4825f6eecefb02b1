"""How often an encoder of a study is trained: on the whole log, and federated, for each noise."""

from __future__ import annotations

from typing import Any

import msgspec

from rbench.errors import StudyError, choices
from rbench.federated.settings import FederatedSettings
from rbench.train.settings import TrainSettings

Trainings = dict[str, FederatedSettings | None]
"""Label of what comes out -> how it is trained; None: on the whole log."""


def trainings(label: str, federated: FederatedSettings | None) -> Trainings:
    """All of an encoder's.

    Args:
        label: of its training on the whole log.
        federated: of its federated ones.
    """
    each = federated.each() if federated else ()
    return {label: None, **{one.label(label): one for one in each}}


def federated_settings(
    label: str,
    said: Any,
    settings: FederatedSettings | None,
    *,
    train: TrainSettings,
    items: bool,
    where: str,
) -> FederatedSettings | None:
    """The settings of an encoder's federated training; None where it has none.

    Args:
        said: ``federated`` in the encoder's own table.
        settings: the study's own table.
        items: whether it learns with a table of the items.

    Raises:
        StudyError: what is said makes no such training.
    """
    if said is False:
        return None
    if said is True and settings is None:
        raise StudyError(
            f"federated is true in [encoder.{label}], and the study has no such table",
            where=where,
            remedy="add it: [federated]",
        )
    if items:
        raise StudyError(
            f"{label} learns with the table of the items, which a federated training cannot",
            where=where,
            remedy=f"items = false or federated = false in [encoder.{label}]",
        )
    if train.start == "counts":
        raise StudyError(
            f'{label} starts with start = "counts", which counts on the whole log: no federated '
            "training has that",
            where=where,
            remedy=f'start = "random", or federated = false in [encoder.{label}]',
        )
    known = msgspec.to_builtins(settings or FederatedSettings())
    try:
        return msgspec.convert({**known, **({} if said is True else said)}, FederatedSettings)
    except (msgspec.ValidationError, TypeError) as error:
        raise StudyError(
            f"{error} - in [encoder.{label}.federated]",
            where=where,
            allowed=f"true, false, or {choices(FederatedSettings.__struct_fields__)}",
        ) from error
