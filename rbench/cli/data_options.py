"""The options that say how a log is read: made from `DataSettings`, the same for every command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click

from rbench.data.settings import DataSettings

HELP: dict[str, tuple[str, str]] = {
    "format": ("", "Which loader reads the log; auto looks at the files."),
    "user_column": ("NAME", "Column of a table; its number from 1 where there is no header."),
    "item_column": ("NAME", "Likewise."),
    "time_column": ("NAME", "Likewise; none: lines are in order; DATE+TIME joins two columns."),
    "separator": ("TEXT", "Between values: tab, space, comma, semicolon, pipe, or any text."),
    "header": ("", "Whether the first line names the columns."),
    "quotes": ("", 'Whether " may enclose values.'),
    "comment": ("TEXT", "Lines that begin so are skipped."),
    "encoding": ("NAME", "Of text, such as utf-8, utf-16, latin-1, gb18030."),
    "time_format": ("FORM", "iso, number, or strptime's words, as in '%d.%m.%Y %H:%M'."),
    "time_unit": ("", "Of times that are numbers; none: they only say the order."),
    "keep": ("COLUMN=VALUE", "Only rows with this value, as in event=purchase. Can be repeated."),
    "rating_column": ("NAME", "Used with --min-rating."),
    "min_rating": ("X", "Only rows rated at least so."),
    "holes": ("", "What becomes of rows without user, item or time; keep: NULL is a name."),
    "duplicates": ("", "What becomes of rows with the same user, item and time."),
    "repeats": ("", "collapse: consecutive interactions with one item count once."),
    "min_interactions": ("N", "Drop users and items with fewer, until none is left (k-core)."),
    "split": ("", "Who is asked what."),
    "held_out": ("N", "Interactions of each user's end that do not train, in leave_one_out."),
    "new_users": ("SHARE", "Of users who only are tested, in leave_one_out."),
    "temporal_quantile": ("Q", "Share of interactions before the test point of global_temporal."),
    "beside": ("COLUMN", "Further columns to read; a study's features name theirs themselves."),
}
"""Field of `DataSettings` -> what stands for its value, and what it is."""
RANGES = {
    "min_interactions": click.IntRange(min=1, max=10**6),
    "held_out": click.IntRange(min=2, max=10**6),
    "new_users": click.FloatRange(0, 1, max_open=True),
    "temporal_quantile": click.FloatRange(0, 1, min_open=True, max_open=True),
}
Command = Callable[..., Any]


def data_options(command: Command) -> Command:
    """Give a command all of them; what is not said comes as None, or as nothing."""
    kinds = {**get_type_hints(DataSettings), **RANGES}
    defaults = DataSettings()
    for name, (metavar, about) in reversed(HELP.items()):
        kind, default = kinds[name], getattr(defaults, name)
        shown = "" if default in ((), None) else f" [default: {default}]"
        command = click.option(
            f"--{name.replace('_', '-')}",
            f"data_{name}",
            type=_type(kind),
            metavar=metavar or None,
            multiple=default == (),
            default=None,
            help=about + shown,
        )(command)
    return command


def said(options: dict[str, Any]) -> dict[str, Any]:
    """Settings that were given, by the names of their fields."""
    found = {name: options[f"data_{name}"] for name in HELP}
    return {name: value for name, value in found.items() if value not in (None, ())}


def _type(kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if isinstance(kind, click.ParamType):
        return kind
    return click.FLOAT if kind is float or float in get_args(kind) else click.STRING
