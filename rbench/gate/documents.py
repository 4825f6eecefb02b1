"""Budgets and baselines as text, however an editor or a shell stored them."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from pathlib import Path
from typing import Any

from rbench.system.reading import content_of

MOST_BYTES = 64_000_000
"""Of a budget or a baseline; one of ten thousand models has some thirty million."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as that of UTF-16 does: looked for before it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order mark, as editors and shells of Windows put before a text -> what it says."""


def read_json(path: Path) -> Any:
    """A JSON document in which no key stands twice: which of two values counts, nobody could see.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such document.
    """
    try:
        found = json.loads(read_text(path), object_pairs_hook=_once, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise ValueError(f"\\u{ord(half):04x} is half a character") from error
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice!r} stands twice")
    return made


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def read_text(path: Path) -> str:
    """A document's text, UTF-8 unless it begins with the mark of another encoding.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no text, or larger than any document of a gate.
    """
    content = content_of(path, MOST_BYTES)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding)
    return content.decode("utf-8")
