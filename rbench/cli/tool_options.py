"""The options that name programs of tools, e.g. ``--benchmark-model PATH``: the installed tools say
which there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from rbench.cells import tools
from rbench.errors import UsageError
from rbench.profile.tool import Program, Tool

Command = Callable[..., Any]
_PREFIX = "tool_"
"""Of the names of their parameters."""


def tool_options(command: Command) -> Command:
    """Give a command one for each tool of this host that runs a program of its own."""
    for option, program in reversed(_programs().items()):
        command = click.option(
            option, _parameter(option), metavar="PATH", default=None, help=program.about
        )(command)
    return command


def named(options: Mapping[str, Any]) -> dict[str, str]:
    """Option -> path, of those that were given."""
    found = {option: options[_parameter(option)] for option in _programs()}
    return {option: path for option, path in found.items() if path is not None}


def refuse_elsewhere(given: Mapping[str, str]) -> None:
    """Where another machine times.

    Raises:
        UsageError: a program of this one is named.
    """
    for option in given:
        raise UsageError(
            "the path is one of this machine, the timing is done elsewhere",
            where=f"{option} with --executor ray",
            remedy=f"set {_programs()[option].variable} on the node that times, before ray start",
        )


def use(given: Mapping[str, str]) -> None:
    """Name the programs to this process and its workers.

    Raises:
        UsageError: there is no executable at a path.
    """
    for option, path in given.items():
        program = _programs()[option]
        if not (Path(path).is_file() and os.access(path, os.X_OK)):
            raise UsageError(
                f"no executable: {path!r}",
                where=option,
                remedy=f"name the tool's path, or {program.remedy}",
            )
        os.environ[program.variable] = str(Path(path).resolve())


def _programs() -> dict[str, Program]:
    return {
        f"--{tool.word.replace('_', '-')}": tool.program
        for tool in tools.installed()
        if isinstance(tool, Tool) and tool.program and not tool.device
    }


def _parameter(option: str) -> str:
    return _PREFIX + option.removeprefix("--").replace("-", "_")
