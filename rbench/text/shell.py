"""Command lines that can be pasted into a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable


def command_line(words: Iterable[str]) -> str:
    """Words as one text that a POSIX shell takes apart into the same words."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:  # a path that is not UTF-8: no text holds it, a program can say it
        octal = "".join(f"\\{byte:03o}" for byte in os.fsencode(word))
        return f"\"$(printf '{octal}')\""
    return shlex.quote(word)
