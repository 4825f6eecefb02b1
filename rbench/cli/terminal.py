"""What commands print with: nothing else of rbench writes to a terminal.

People are shown lines here and tables in `rbench.cli.screen`, every text in them as
`rbench.shown.line` has it; programs are given documents, in UTF-8 whatever the console's encoding.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from rbench import shown


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


def json_document(value: Any, *, enc_hook: Any = None) -> None:
    """Print one value as indented JSON; NaN becomes null."""
    document(shown.escaped_json(msgspec.json.format(_encoded(value, enc_hook)).decode()))


def json_lines(values: Sequence[Any]) -> None:
    """Print values as JSON, a line each."""
    for value in values:
        document(shown.escaped_json(_encoded(value, None).decode()))


def _encoded(value: Any, enc_hook: Any) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=enc_hook, order="deterministic")
    except UnicodeEncodeError:  # a path that is not UTF-8: JSON has no way to say it
        plain = msgspec.to_builtins(value, enc_hook=enc_hook)
        return msgspec.json.encode(_readable(plain), order="deterministic")


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value if _is_unicode(value) else shown.visible(value)
    if isinstance(value, dict):
        return {_readable(key): _readable(one) for key, one in value.items()}
    return [_readable(one) for one in value] if isinstance(value, list) else value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
