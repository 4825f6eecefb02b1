"""How a log is read is said with the same options everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from rbench.cli import data, sweep
from rbench.cli.data_options import HELP, said
from rbench.data import DataSettings

PAGE = (Path(__file__).parents[2] / "docs/data.md").read_text("utf-8")
FIELDS = [name for name in DataSettings.__struct_fields__ if name not in ("path", "synthetic")]


def options(command: click.Command) -> dict[str, click.Option]:
    return {
        one.name: one
        for one in command.params
        if isinstance(one, click.Option) and one.name and one.name.startswith("data_")
    }


def test_every_setting_is_an_option_of_both_commands_and_on_the_page() -> None:
    assert list(HELP) == FIELDS
    described, swept = options(data.describe), options(sweep.command)
    assert list(described) == list(swept) == [f"data_{name}" for name in FIELDS]
    for name, option in described.items():
        other = swept[name]
        assert (option.opts, option.help, option.default) == (other.opts, other.help, None)
        assert f"`{option.opts[0]}`" in PAGE


@pytest.mark.parametrize("command", [data.describe, sweep.command])
def test_what_is_said_becomes_settings_and_nothing_else_does(command: click.Command) -> None:
    given = [
        *("--separator", "|", "--keep", "event=a b", "--keep", "event=c", "--min-rating", "3.5"),
        *("--min-interactions", "5", "--holes", "drop", "--time-format", "%d.%m.%Y %H:%M"),
    ]
    context = command.make_context("x", ["log.csv", *given])
    found: dict[str, Any] = said(context.params)
    settings = DataSettings(**found)
    assert settings.keep == ("event=a b", "event=c")
    assert settings.min_rating == 3.5
    assert settings.min_interactions == 5
    assert found.keys() == {
        *("separator", "keep", "min_rating", "min_interactions", "holes", "time_format")
    }


def test_what_is_not_said_leaves_the_study_as_it_is() -> None:
    assert said(sweep.command.make_context("x", []).params) == {}
