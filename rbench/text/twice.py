"""Keys that stand twice in an object of JSON: which of two values counts, nobody could see."""

from __future__ import annotations

import json
from typing import Any


def twice_in(content: str | bytes) -> str:
    """A key that stands twice in one object; empty where none does, and where this is no JSON."""
    try:
        json.loads(content, object_pairs_hook=_once)
    except _TwiceError as error:
        return error.key
    except (ValueError, RecursionError):
        pass
    return ""


class _TwiceError(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _TwiceError(key)
        made[key] = value
    return made
