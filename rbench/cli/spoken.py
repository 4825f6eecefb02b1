"""The words with which a command was called, for the records that it makes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import click
from click.core import ParameterSource

GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)


def spoken(context: click.Context, *, without: Collection[str] = ()) -> list[str]:
    """``rbench``, the command and what was given to it, arguments first.

    Args:
        without: names of parameters that are left out.
    """
    arguments, options = [], []
    for parameter in context.command.get_params(context):
        name = parameter.name or ""
        if name in without or context.get_parameter_source(name) not in GIVEN:
            continue
        value = context.params.get(name)
        if isinstance(parameter, click.Option):
            options += list(_option(parameter, value))
        else:
            arguments += [_argument(one) for one in _each(value)]
    return [*context.command_path.split(" "), *arguments, *options]


def _option(option: click.Option, value: Any) -> Iterator[str]:
    if option.is_flag:
        yield option.opts[0] if value or not option.secondary_opts else option.secondary_opts[0]
        return
    for one in _each(value):
        yield from (option.opts[0], str(one))


def _argument(value: Any) -> str:
    """An argument that begins like an option would be taken for one."""
    text = str(value)
    return f"./{text}" if text.startswith("-") else text


def _each(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
