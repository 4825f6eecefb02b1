"""What the page's script needs to draw: plain numbers, colours and shapes, as one JSON document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rbench_reports.cells import Cell, Sheet
from rbench_reports.latency import box
from rbench_reports.metrics import METRICS, NDCG, P50, SIZE
from rbench_reports.numbers import finite

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
    """The shape of the nth recipe; they come round again."""
    return SHAPES[index % len(SHAPES)]


def chart_data(sheet: Sheet, front: Collection[Cell], pick: Cell | None) -> dict[str, Any]:
    """Everything that the charts show; what is not a finite number is null."""
    on_front = {cell.number for cell in front}
    names = sheet.encoders, sheet.recipes, sheet.targets
    places = [{name: index for index, name in enumerate(words)} for words in names]
    return {
        "encoders": [
            {"name": name, "colour": colour(index)} for index, name in enumerate(names[0])
        ],
        "recipes": [
            {"name": name, "shape": shape(index)[0]} for index, name in enumerate(names[1])
        ],
        "targets": list(names[2]),
        "labels": [metric.label for metric in METRICS],
        "units": {
            key: {"unit": scale.unit, "divisor": scale.divisor}
            for key, scale in sheet.scales.items()
        },
        "cells": [
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
                "interval": sheet.interval(cell),
                "texts": [sheet.full(cell, metric) for metric in METRICS],
            }
            for cell in sheet.cells
        ],
    }
