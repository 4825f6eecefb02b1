"""The page of ``rbench compare``: what changed between two runs, in the main page's dress."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rbench.compare import Comparison, Difference
from rbench.compare.comparison import VERDICTS
from rbench.metrics.found import HEADLINE, label
from rbench_reports.cells import State
from rbench_reports.charts import colour, recipe_marks, recipe_shape
from rbench_reports.compare_text import amount, interval, moved, visible
from rbench_reports.numbers import finite
from rbench_reports.page import columns, plotly, render

STATES = {
    "worse": State("worse", "▼", "worse beyond chance, or exactly so"),
    "better": State("better", "▲", "better beyond chance, or exactly so"),
    "unchanged": State("unchanged", "=", "the same, or not told apart from it"),
    "not comparable": State("not comparable", "?", "not come by alike: the reason says why"),
}
"""Verdict -> its word and mark; colour only helps."""


def labels() -> dict[str, str]:
    """Metric of a difference -> its name for people."""
    return {
        "size": "Size",
        "gzip": "Size, gzip",
        **{name: label(name) for name in HEADLINE},
        "latency": "Latency, p50",
        "not delegated": "Nodes not delegated",
        "state": "State",
        "cell": "Cell",
    }


@dataclass(frozen=True)
class Names:
    """What the filters and macros of the main page ask a sheet for."""

    encoders: tuple[str, ...]
    recipes: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def of(cls, differences: Iterable[Difference]) -> Names:
        """Every name, in the order in which it comes."""
        found = list(differences)
        return cls(
            tuple(dict.fromkeys(one.encoder for one in found)),
            tuple(dict.fromkeys(one.recipe for one in found)),
            tuple(dict.fromkeys(one.target for one in found if one.target)),
        )


@dataclass(frozen=True)
class Chart:
    """One picture of changes with their intervals."""

    key: str
    title: str
    better: str
    metrics: tuple[str, ...]


CHARTS = (
    Chart("quality", "Quality, change of NDCG@10", "right is better", ("ndcg@10",)),
    Chart("latency", "Latency, change of the median", "left is better", ("latency",)),
)


def page(comparison: Comparison) -> str:
    """The page. Every number on it is the comparison's."""
    names = Names.of(comparison.differences)
    charts = [chart for chart in CHARTS if _marks(comparison, chart, names)]
    return render(
        "compare.html",
        comparison=comparison,
        states=STATES,
        verdicts=VERDICTS,
        labels=labels(),
        sheet=names,
        colour=colour,
        shape=lambda index: recipe_shape(names.recipes[index], index),
        charts=charts,
        amount=amount,
        interval=interval,
        moved=moved,
        visible=visible,
        sentence=_sentence(comparison),
        chart={
            # What tables.js counts and filters by.
            "cells": {"place": [_place(one, names) for one in comparison.differences]},
            "charts": {chart.key: columns(_marks(comparison, chart, names)) for chart in charts},
            "colours": [colour(index) for index, _ in enumerate(names.encoders)],
            "recipes": recipe_marks(names.recipes),
        },
        plotly=plotly(),
    )


def _sentence(comparison: Comparison) -> str:
    worse, better = len(comparison.of("worse")), len(comparison.of("better"))
    if not comparison.comparable:
        return "Nothing can be compared"
    if not worse and not better:
        return "Nothing changed beyond chance"
    return f"{worse} worse, {better} better"


def _place(one: Difference, names: Names) -> list[int]:
    """Where it stands in the filters; what is alike on every target goes with the first."""
    target = names.targets.index(one.target) if one.target else 0
    return [names.encoders.index(one.encoder), names.recipes.index(one.recipe), target]


def _marks(comparison: Comparison, chart: Chart, names: Names) -> list[dict[str, Any]]:
    """What a picture shows: changes that have an interval, in the order of the study."""
    found: Sequence[Difference] = [
        one
        for one in comparison.differences
        if one.metric in chart.metrics and one.change is not None and one.verdict in _DRAWN
    ]
    ordered = sorted(found, key=lambda one: _place(one, names))
    return [
        {
            "place": [*_place(one, names)[:2], _place(one, names)[2] if one.target else None],
            "name": one.subject,
            "change": finite(one.change),
            "low": finite(one.low),
            "high": finite(one.high),
            "verdict": one.verdict,
            "text": f"{moved(one)}, {interval(one)}",
        }
        for one in ordered
    ]


_DRAWN = ("better", "worse", "unchanged")
