"""Lines and tables for people, drawn by rich: texts are shown as they are, on one line each."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from rbench.text import shown

Words = str | tuple[str, str]
"""A text, or one with its style."""


def words(*parts: Words) -> Text:
    """Texts in their styles, on one line."""
    return Text.assemble(
        *(
            shown.line(one) if isinstance(one, str) else (shown.line(one[0]), one[1])
            for one in parts
        )
    )


NARROWEST = 20
"""Columns that a table can be read in."""
USUAL = 80


class Table(RichTable):
    """A table whose texts are shown as they are: no markup, no controls."""

    def __init__(self, *, title: str | None = None, caption: str | None = None, **style: Any):
        super().__init__(
            title=None if title is None else words(title),
            caption=None if caption is None else words(caption),
            **style,
        )

    def add_column(self, header: RenderableType = "", *rest: Any, **style: Any) -> None:
        super().add_column(_calm(header), *rest, **style)

    def add_row(self, *cells: RenderableType | None, **style: Any) -> None:
        super().add_row(*(None if cell is None else _calm(cell) for cell in cells), **style)


class Screen(Console):
    """A console that shows texts as they are. A text is one line: `print` nothing between two."""

    def __init__(self, *, err: bool = False, quiet: bool = False, width: int | None = None):
        file: Any = _Lines(err)
        super().__init__(
            file=file, quiet=quiet, width=width, highlight=False, markup=False, emoji=False
        )
        if self.width < NARROWEST:  # some terminals, and COLUMNS=0, have no width at all
            self.width = USUAL

    def print(self, *objects: Any, **style: Any) -> None:
        super().print(*(_calm(one) for one in objects), **style)

    def say(self, *parts: Words) -> None:
        """Print a line that the terminal wraps where it ends, so that it can be copied whole."""
        self.print(words(*parts), soft_wrap=True)


class _Lines:
    """Standard output or error as it is now, with no line that is a command to GitHub's runner:
    a table may break a name anywhere, and begin a line with its rest.
    """

    def __init__(self, err: bool) -> None:
        self.err = err

    def write(self, text: str) -> int:
        return self._stream.write(shown.uncommanded(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def _stream(self) -> TextIO:
        return sys.stderr if self.err else sys.stdout


def _calm(thing: Any) -> Any:
    if isinstance(thing, str):
        return words(thing)
    if isinstance(thing, Text):  # made by `words`, or by rich of an object that nobody knows
        known = shown.line(thing.plain, max(len(thing.plain), shown.MOST))
        return thing if known == thing.plain else Text(known, style=thing.style)
    return thing
