"""What the options of `rbench gate` take. An empty one, as of a variable of CI that is not set, is
a mistake: the limit that it stands for would not be held.
"""

from __future__ import annotations

import math
from typing import Any

import click

from rbench.errors import UsageError
from rbench.gate.amounts import MOST, Share, Size, amount
from rbench.gate.sizes import UNSET, parse_size


class NonEmptyPath(click.Path):
    """A path that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            self.fail(f"{value!r} is no path: {UNSET}", param, ctx)
        if "\x00" in str(value):
            self.fail(f"{value!r} is no path: it holds a NUL", param, ctx)
        return super().convert(value, param, ctx)


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> Size | None:
    """A size, as `parse_size` reads it."""
    if value is None:
        return None
    try:
        return Size(parse_size(value))
    except UsageError as error:
        raise click.BadParameter(str(error)) from error


def share(ctx: click.Context, param: click.Parameter, value: str | None) -> Share | None:
    """A share with its sign, such as 2%."""
    if value is None:
        return None
    try:
        found: Share = amount(Share, value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    return found


def ratio(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """A number above 0 that a ratio can be."""
    if value is None:
        return None
    unset = "" if value.strip() else f": {UNSET}"
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not 0 < found <= MOST:
        raise click.BadParameter(
            f"{value!r} is no ratio{unset}; allowed: a number above 0 and up to {MOST:g}"
        )
    return found
