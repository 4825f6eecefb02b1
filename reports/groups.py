"""Recipes in groups, by what is done to the model before it is converted."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.cells.recipe import Recipe
from rbench.errors import RecipeError
from rbench.recipes.registered import UNROLLED, compressions, schemes
from rbench_reports.cells import Sheet

OTHER = "other recipes"


@dataclass(frozen=True)
class Group:
    """Recipes that differ in their schemes only."""

    title: str
    words: str
    recipes: tuple[tuple[int, str, str], ...]
    """(number in the run, name, name of the scheme alone)."""


def groups(sheet: Sheet) -> tuple[Group, ...]:
    """All recipes of a run, in the order in which their groups first come up."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for number, name in enumerate(sheet.recipes):
        title, scheme = split(name)
        found.setdefault(title, []).append((number, name, scheme))
    return tuple(Group(title, _said(title), tuple(recipes)) for title, recipes in found.items())


def split(name: str) -> tuple[str, str]:
    """``prune80+dynamic_wi8`` -> ``prune80``, ``dynamic_wi8``; names of no grammar stay whole."""
    try:
        Recipe.parse(name)
    except RecipeError:
        return OTHER, name
    title, _, scheme = name.rpartition("+")
    return title, scheme


def marker(name: str, number: int) -> tuple[int, bool]:
    """(shape, whether it has a dot): a scheme has a shape, whatever else was done gives a dot."""
    title, scheme = split(name)
    if scheme in schemes():
        return list(schemes()).index(scheme), bool(title)
    return number, False


def _said(title: str) -> str:
    if not title:
        return "quantized only"
    words = {UNROLLED: "recurrence unrolled"}
    words |= {word: found.brief for word, found in compressions().items()}
    return ", ".join(words.get(word, word) for word in title.split("+"))
