"""What commands print with: nothing else of rbench writes to a terminal.

People are shown lines here and tables in `rbench.cli.screen`, every text in them as
`rbench.text.shown.line` has it; programs are given documents, in UTF-8 whatever the console's
encoding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from rbench.text import shown


def say(text: object, *, err: bool = False) -> None:
    """Print one line for people."""
    stream = sys.stderr if err else sys.stdout
    print(shown.uncommanded(shown.line(text)), file=stream, flush=True)


def document(text: str) -> None:
    """Print a document for programs, which has made itself safe: in UTF-8, its lines end in LF."""
    content = (text if text.endswith("\n") else text + "\n").encode("utf-8", "backslashreplace")
    stream = sys.stdout
    stream.flush()
    stream.buffer.write(content)
    stream.buffer.flush()


def json_document(value: Any, *, enc_hook: Callable[[Any], Any] | None = None) -> None:
    """Print one value as indented JSON; NaN becomes null."""
    document(shown.json_text(value, enc_hook, indented=True))


def json_lines(values: Iterable[Any]) -> None:
    """Print values as JSON, a line each."""
    for value in values:
        document(shown.json_text(value))
