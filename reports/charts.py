"""What the page's script needs to draw: plain numbers, colours and shapes, as one JSON document."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rbench_reports.cells import Cell, Sheet
from rbench_reports.constants import Contents
from rbench_reports.files import TYPES
from rbench_reports.groups import marker
from rbench_reports.latency import box, cold
from rbench_reports.metrics import NDCG, P50, SIZE
from rbench_reports.numbers import finite
from rbench_reports.ops import drawn, op_times
from rbench_reports.page import columns
from rbench_reports.paired import REFERENCE, Pairing

COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#8c6bb1",
    "#7f7f7f",
)
"""Okabe and Ito's palette, told apart by colour-blind readers, without its yellow, which no white
page shows, and with a violet and a grey (https://jfly.uni-koeln.de/color/)."""

SHAPES: tuple[tuple[str, str], ...] = (
    ("circle", "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0"),
    ("square", "M-4.5,-4.5h9v9h-9z"),
    ("diamond", "M0,-6L6,0L0,6L-6,0z"),
    ("triangle-up", "M0,-5.5L5.5,4.5H-5.5z"),
    ("cross", "M-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z"),
    ("x", "M-5.5,-3L-3,-5.5L0,-2.5L3,-5.5L5.5,-3L2.5,0L5.5,3L3,5.5L0,2.5L-3,5.5L-5.5,3L-2.5,0z"),
    ("triangle-down", "M0,5.5L5.5,-4.5H-5.5z"),
    ("hexagon", "M-3,-5.5H3L6,0L3,5.5H-3L-6,0z"),
)
"""plotly's name of a marker, and the same shape as an SVG path in a box of 14 for the legend."""


def colour(index: int) -> str:
    """The colour of the nth encoder; they come round again."""
    return COLOURS[index % len(COLOURS)]


def shape(index: int) -> tuple[str, str]:
    """The nth shape; they come round again."""
    return SHAPES[index % len(SHAPES)]


def recipe_shape(recipe: str, index: int) -> tuple[str, str, bool]:
    """The shape of a recipe, the nth of the run: name, path, whether it has a dot inside."""
    number, dotted = marker(recipe, index)
    return (*shape(number), dotted)


def recipe_marks(recipes: Sequence[str]) -> list[dict[str, Any]]:
    """The recipes' names and shapes, for the scripts."""
    shapes = [recipe_shape(name, index) for index, name in enumerate(recipes)]
    return [
        {"name": name, "shape": found[0], "dot": found[2]}
        for name, found in zip(recipes, shapes, strict=True)
    ]


def chart_data(
    sheet: Sheet,
    front: Collection[Cell],
    pick: Cell | None,
    pairing: Pairing,
    inside: Sequence[Contents],
) -> dict[str, Any]:
    """What the charts show and no table of the page holds; not a finite number: null.

    What hovers show, and the pieces of each file, the page's script reads from its tables.
    """
    on_front = {cell.number for cell in front}
    names = sheet.encoders, sheet.recipes, sheet.targets
    places = [{name: index for index, name in enumerate(words)} for words in names]
    slowest = drawn(sheet)
    return {
        "encoders": [
            {"name": name, "colour": colour(index)} for index, name in enumerate(names[0])
        ],
        "recipes": recipe_marks(names[1]),
        "targets": list(names[2]),
        "ops": slowest,
        "types": list(TYPES),
        "files": [
            {
                "place": [places[0][file.encoder], places[1][file.recipe]],
                "size": file.size_bytes,
                "table": file.table,
            }
            for file in inside
        ],
        "units": {
            key: {"unit": scale.unit, "divisor": scale.divisor}
            for key, scale in sheet.scales.items()
        },
        "cells": columns(
            [
                {
                    "place": [
                        places[0][cell.encoder],
                        places[1][cell.recipe],
                        places[2][cell.target],
                    ],
                    "state": cell.state.word,
                    "reason": cell.reason,
                    "front": cell.number in on_front,
                    "pick": pick is not None and cell.number == pick.number,
                    "ndcg": cell.usable(NDCG),
                    "low": finite(cell.ndcg.low) if cell.ndcg else None,
                    "high": finite(cell.ndcg.high) if cell.ndcg else None,
                    "size": cell.usable(SIZE),
                    "p50": cell.usable(P50),
                    "box": box(cell),
                    "cold": cold(cell),
                    "ops": _ops(op_times(cell), slowest),
                    "paired": _beside(pairing, cell),
                }
                for cell in sheet.cells
            ]
        ),
    }


def _ops(times: Mapping[str, float], slowest: Sequence[str]) -> list[float] | None:
    """Microseconds of each of the slowest operators, and of all others together."""
    if not times:
        return None
    rest = sum(us for name, us in times.items() if name not in slowest)
    return [*(times.get(name, 0.0) for name in slowest), rest]


def _beside(pairing: Pairing, cell: Cell) -> str:
    """The paired difference to float32, for the hover."""
    found = pairing.files.get(cell.file)
    if cell.recipe == REFERENCE or found is None or found.difference is None:
        return ""
    return f"{found.difference.text} ({found.difference.interval})"
