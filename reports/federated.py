"""Federated trainings beside those on the whole log: what leaving logs where they are costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbench.records import Record, Run
from rbench_reports.cells import Sheet
from rbench_reports.numbers import MISSING, SCORE, alone
from rbench_reports.paired import between

MEANINGFUL = 10.0
"""Epsilon up to which a guarantee is worth its name; what is deployed is mostly below."""

HEADS = (
    "encoder",
    "recipe",
    "NDCG@10, on the whole log",
    "federated",
    "difference",
    "rounds, users in each",
    "time",
    "sent to a user",
    "sent by a user",
    "privacy",
)


@dataclass(frozen=True)
class Row:
    """One file."""

    encoder: str
    recipe: str
    central: str
    federated: str
    difference: str
    """With its interval, paired by user."""
    rounds: str
    time: str
    down: str
    up: str
    privacy: str
    weak: bool = False
    """Whether what it says of privacy is a warning."""


def rows(run: Run, sheet: Sheet) -> tuple[Row, ...]:
    """The files of federated trainings, in the order of the study; else none."""
    found: dict[tuple[str, str], Record] = {}
    for (encoder, recipe), cells in sheet.files().items():
        for cell in cells:
            if cell.record.quality is not None:
                found.setdefault((encoder, recipe), cell.record)
    return tuple(
        _row(run, name, recipe, record, found.get((str(said.get("beside", "")), recipe)))
        for (name, recipe), record in found.items()
        if isinstance(said := record.settings.get("federated"), Mapping)
    )


def cells_of(row: Row) -> tuple[str, ...]:
    """A row as words, in the order of `HEADS`."""
    return (
        *(row.encoder, row.recipe, row.central, row.federated, row.difference),
        *(row.rounds, row.time, row.down, row.up, row.privacy),
    )


def _row(run: Run, name: str, recipe: str, record: Record, central: Record | None) -> Row:
    known = record.training.get("federation")
    known = known if isinstance(known, Mapping) else {}
    change = between(run, record, central) if central else None
    users, trained = _number(known, "users"), _number(known, "trained")
    rounds, nodes = _number(known, "rounds"), _number(known, "nodes")
    text, weak = privacy(known, record.settings["federated"])
    return Row(
        name,
        recipe,
        _score(central),
        _score(record),
        f"{change.text} ({change.interval or change.word})" if change else MISSING,
        f"{rounds:,.0f}, {trained / rounds:,.0f} of {users:,.0f}" if rounds else MISSING,
        f"{_number(known, 'seconds'):,.0f} s" if known else MISSING,
        alone("bytes", _number(known, "down_bytes") / nodes) if nodes else MISSING,
        alone("bytes", _number(known, "up_bytes") / nodes) if nodes else MISSING,
        text,
        weak,
    )


def privacy(known: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[str, bool]:
    """What users are promised, and whether that is too little to rely on.

    Args:
        known: `rbench.train.Federation` in a record.
        settings: of the training.
    """
    spent = known.get("privacy")
    if not isinstance(spent, Mapping) or "epsilon" not in spent:
        clip = _number(settings, "clip")
        said = "clipped, no noise" if clip else "no noise"
        return f"none: {said}, so an update may tell what its user has", True
    epsilon, delta = _number(spent, "epsilon"), _number(spent, "delta")
    text = f"epsilon {epsilon:,.1f} at delta {delta:.1e}"
    users, nodes = _number(known, "users"), _number(known, "nodes")
    if nodes < users:
        text += f", for each of {nodes:,.0f} nodes, not for each user"
    if epsilon <= MEANINGFUL:
        return text, False
    wanted = _number(spent, "users_wanted")
    enough = (
        f"the same noise would mean something (epsilon 2) from about {wanted:,.0f} users on"
        if wanted
        else "no number of users makes this noise enough"
    )
    return f"{text}: too few users for that to mean anything; {enough}", True


def _score(record: Record | None) -> str:
    if record is None or record.quality is None or "ndcg@10" not in record.quality.metrics:
        return MISSING
    return SCORE.text(record.quality.metrics["ndcg@10"].value)


def _number(said: Mapping[str, Any], name: str) -> float:
    found = said.get(name)
    known = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if known and found is not None else 0.0
