"""``rbench list``: what is there to choose from."""

from __future__ import annotations

from collections.abc import Callable

import click

from rbench.cells.recipe import grammar
from rbench.cli.screen import Screen, Table
from rbench.cli.terminal import json_document
from rbench.cli.words import recipe_words, supported, target_words

Rows = list[dict[str, str | bool]]
"""What is listed, one mapping of column -> content a line; the first column is the name."""


def _encoders() -> Rows:
    from rbench import plugins

    return [{**row, "per tap": _per_tap(str(row["name"]))} for row in _plugins(plugins.ENCODERS)]


def _per_tap(name: str) -> str:
    """Whether it keeps a state; empty for a stranger's, which is not imported here."""
    from rbench import plugins
    from rbench.encoding import ModelSettings

    if not plugins.own(name):
        return ""
    encoder, usual = plugins.encoder(name), ModelSettings()
    numbers = encoder.state(usual.width, usual.length)
    return f"a state of {numbers:,} numbers" if numbers else encoder.stateless


def _losses() -> Rows:
    from rbench import plugins

    return _plugins(plugins.LOSSES)


def _features() -> Rows:
    from rbench import plugins

    return _plugins(plugins.FEATURES)


def _metrics() -> Rows:
    from rbench import plugins
    from rbench.errors import PluginError
    from rbench.metrics.found import families, measured, metric

    origins = plugins.describe(plugins.METRICS)
    rows: Rows = []
    for family in families():
        try:
            meaning, recorded = metric(family).meaning, [one.name for one in measured([family])]
        except PluginError as error:  # the others can be listed
            meaning, recorded = f"cannot be used: {error}", []
        row = {"name": family, "recorded": ", ".join(recorded), "meaning": meaning}
        rows.append({**row, "from": origins[family]})
    return rows


def _reports() -> Rows:
    from rbench import plugins

    return _plugins(plugins.REPORTS)


def _plugins(group: str) -> Rows:
    from rbench import plugins

    return [{"name": name, "from": origin} for name, origin in plugins.describe(group).items()]


def _recipes() -> Rows:
    from rbench.study import Study

    rows = _names(Study().recipes, recipe_words())
    return [
        {
            "name": row["name"],
            "default": row["default"],
            "supported": supported(str(row["name"])),
            "meaning": row["meaning"],
        }
        for row in rows
    ]


def _targets() -> Rows:
    from rbench.study import Study

    return _names(Study().targets, target_words())


def _names(used: tuple[str, ...], words: dict[str, str]) -> Rows:
    composed = {name: "put together from the words below" for name in used if name not in words}
    return [
        {"name": word, "default": word in used, "meaning": meaning}
        for word, meaning in (composed | words).items()
    ]


def _studies() -> Rows:
    from rbench.study import Study, shipped

    return [
        {
            "name": name,
            "cells": f"{len(study.encoders)} x {len(study.recipes)} x {len(study.targets)}",
            "data": study.data.path,
        }
        for name, study in ((name, Study.read(name)) for name in shipped())
    ]


KINDS: dict[str, tuple[Callable[[], Rows], Callable[[], str]]] = {
    "encoders": (
        _encoders,
        lambda: "Your own, without installing it: --encoder path/to/file.py:Class",
    ),
    "recipes": (
        _recipes,
        lambda: f"The default study's are marked. A recipe: {grammar()}, e.g. prune50+dynamic_wi8",
    ),
    "targets": (
        _targets,
        lambda: (
            "The default study's are marked. A target: [DEVICE/][TOOL/]DELEGATE[@THREADS], e.g. "
            "xnnpack@2"
        ),
    ),
    "losses": (
        _losses,
        lambda: (
            'A study names one: [train] loss = "softmax"; your own, without installing it: '
            '"path/to/file.py:Class"'
        ),
    ),
    "features": (
        _features,
        lambda: "A study switches one on: [features] time_gaps = true",
    ),
    "metrics": (
        _metrics,
        lambda: (
            "Every sweep records them all. A budget limits them: "
            'quality."ndcg@10" = { min = 0.1, max_loss = "2%" }'
        ),
    ),
    "reports": (_reports, lambda: "Write one with: rbench report RUN"),
    "studies": (_studies, lambda: "Run one with: rbench sweep NAME; your own is a TOML file."),
}
"""What can be listed: kind -> who knows, and a hint for the reader."""


def _words(content: str | bool) -> str:
    return content if isinstance(content, str) else "yes" if content else ""


@click.command(
    epilog="""\b
Examples:
  rbench list encoders
  rbench list recipes --json
""",
)
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list, for programs.")
def command(kind: str, as_json: bool) -> int:
    """List what a study can be made of, and where it comes from."""
    rows, hint = KINDS[kind][0](), KINDS[kind][1]()
    if as_json:
        json_document(rows)
        return 0
    console = Screen()
    if rows:
        table = Table(box=None, pad_edge=False)
        for heading in rows[0]:
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(_words(content) for content in row.values()))
        console.print(table)
    else:
        console.say(f"no {kind} are installed")
    console.print()
    console.say(hint)
    return 0
