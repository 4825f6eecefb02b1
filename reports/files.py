"""What is in each file, and who runs it: bytes by type, operators, delegation, converter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rbench.records import Delegation, ModelFile
from rbench_reports.cells import Sheet
from rbench_reports.metrics import GZIP, SIZE
from rbench_reports.numbers import MISSING, alone

TYPES = ("FLOAT32", "FLOAT16", "INT8", "INT4", "INT16", "INT32", "INT64")
"""Types that have a colour of their own in the bar; the others share one."""


@dataclass(frozen=True)
class Part:
    """The constants of one type."""

    type: str
    slot: int
    """Which colour."""
    share: float
    """Percent of all constant bytes."""
    size: str


@dataclass(frozen=True)
class Taken:
    """What the delegate did on one target."""

    target: str
    text: str
    left: str
    remarks: tuple[str, ...] = ()
    """Why, in the delegate's own words."""


@dataclass(frozen=True)
class FileRow:
    """One file."""

    encoder: str
    recipe: str
    size: str
    gzip: str
    parameters: str
    parts: tuple[Part, ...]
    ops: str
    delegation: tuple[Taken, ...]
    converter: str
    sha256: str
    path: str


def file_rows(sheet: Sheet) -> tuple[FileRow, ...]:
    """One row per file that was made, in the order of the study."""
    found = []
    for (encoder, recipe), cells in sheet.files().items():
        made = [cell for cell in cells if cell.record.model]
        if not made or not (model := made[0].record.model):
            continue
        found.append(
            FileRow(
                encoder=encoder,
                recipe=recipe,
                size=sheet.text(made[0], SIZE),
                gzip=sheet.text(made[0], GZIP),
                parameters=f"{model.parameters:,}" if model.parameters else MISSING,
                parts=_parts(model),
                ops=listed(model.ops),
                delegation=tuple(
                    _taken(cell.target, cell.record.delegation)
                    for cell in made
                    if cell.record.delegation
                ),
                converter=model.converter or MISSING,
                sha256=model.sha256,
                path=model.path,
            )
        )
    return tuple(found)


def listed(counts: Mapping[str, int]) -> str:
    """``{"ADD": 2, "MUL": 1}`` -> ``2 ADD, 1 MUL``, the most frequent first."""
    pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count} {name}" for name, count in pairs) or MISSING


def _parts(model: ModelFile) -> tuple[Part, ...]:
    total = sum(model.tensor_bytes.values())
    if total <= 0:
        return ()
    pairs = sorted(model.tensor_bytes.items(), key=lambda pair: -pair[1])
    return tuple(
        Part(
            name,
            TYPES.index(name) if name in TYPES else len(TYPES),
            100 * size / total,
            alone("bytes", size),
        )
        for name, size in pairs
    )


def runner(found: Delegation) -> str:
    """Who ran a file, e.g. ``gpu on A GPU of 2026, simulated on the CPU``."""
    if found.plain:
        return "no delegate"
    where = f" on {found.adapter}" if found.adapter else ""
    return f"{found.delegate}{where}{SIMULATED if found.software else ''}"


SIMULATED = ", simulated on the CPU"


def _taken(target: str, found: Delegation) -> Taken:
    if found.plain:
        return Taken(target, f"no delegate, {found.nodes_total} nodes", "", found.remarks)
    text = f"{found.nodes_delegated} of {found.nodes_total} nodes delegated"
    if found.adapter:
        text += f" to {found.adapter}"
    elif found.delegate and found.delegate not in target:
        text += f" to {found.delegate}"
    if found.software:
        text += SIMULATED
    if found.partitions > 1:
        text += f", {found.partitions} partitions"
    left = listed(found.left_behind) if found.left_behind else ""
    return Taken(target, text, left, found.remarks)
