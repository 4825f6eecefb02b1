"""How a page is put together: templates, data that cannot break out, and the drawing library."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from rbench.text import shown

TEMPLATES = Path(__file__).parent / "templates"

LONG = 100
"""Rows; a table of more fills the room that is kept for it, on any screen."""

_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""Inside a string of JSON these mean the same, and no HTML parser sees a tag or a comment in them;
outside strings JSON has none of them."""


def render(template: str, **values: Any) -> str:
    """Fill in a template. Everything is cleaned and escaped but what is `Markup`."""
    return _environment().get_template(template).render(**values)


def embedded(value: Any) -> Markup:
    """A value as JSON that is safe inside ``<script type="application/json">``.

    Numbers that are not finite become null: JSON has no word for them.
    """
    calm = shown.each(msgspec.to_builtins(value), shown.line)
    return Markup(shown.json_text(calm).translate(_ESCAPES))


def breakable(text: str, after: str) -> Markup:
    """A text that may be broken behind each sign."""
    return (escape(after) + Markup("<wbr>")).join(shown.line(text).split(after))


def source(name: str) -> Markup:
    """A script or style sheet of ours, as it is."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))


def packed(text: str) -> Markup:
    """A long text that the page seldom needs, as base64 of gzip: its script can unpack it.

    The same text gives the same letters on every day.
    """
    return Markup(b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode())


def _calm(value: Any) -> Any:
    """What every ``{{ … }}`` of a template goes through."""
    return shown.line(value) if type(value) is str else value


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows of the same keys as one list a key, so that the page holds each key once."""
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


@lru_cache(maxsize=1)
def plotly() -> Markup:
    """plotly.js, whole and packed, so that the page needs no network.

    Imports none of plotly's Python.
    """
    from plotly.offline import get_plotlyjs

    return packed(get_plotlyjs())


def long(rows: Sequence[Any]) -> str:
    """The class of a table that the browser need not lay out before it comes near."""
    return " long" if len(rows) > LONG else ""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_calm,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["source"] = source
    environment.globals["embedded"] = embedded
    environment.globals["long"] = long
    environment.filters["breakable"] = breakable
    return environment
