"""A command that says why it could not work in the format that it was asked for.

What reads the output of a gate (the check of a pull request, a test report) is handed a whole
document whatever happens; the message stands on stderr as well, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from rbench.cli.gate_view import show_error
from rbench.errors import RbenchError


class GateCommand(click.Command):
    """Prints errors of its words and of its work as a document, and raises them again."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        with _told(format_of(args)):
            return super().make_context(info_name, list(args), parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _told("json" if ctx.params["as_json"] else ctx.params["kind"]):
            return super().invoke(ctx)


@contextmanager
def _told(kind: str) -> Iterator[None]:
    try:
        yield
    except RbenchError as error:
        show_error(str(error), kind)
        raise
    except click.ClickException as error:
        show_error(error.format_message(), kind)
        raise


def format_of(words: Sequence[str]) -> str:
    """The format that words ask for, as far as words that may be wrong tell it."""
    kind = "table"
    for number, word in enumerate(words):
        if word == "--":
            break
        if word == "--json":
            return "json"
        if word == "--format":
            kind = "".join(words[number + 1 : number + 2])
        elif word.startswith("--format="):
            kind = word.partition("=")[2]
    return kind
