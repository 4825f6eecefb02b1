"""Users and items by the names that stand in a log, whatever way they are written."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids

NOBODY = -1
"""Code of an empty value, and of words that databases write for nothing."""
NULLS = frozenset(
    (
        "",
        "na",
        "n/a",
        "#n/a",
        "<na>",
        "nan",
        "-nan",
        "null",
        "(null)",
        "none",
        "nil",
        "\\n",
        "undefined",
        "__hive_default_partition__",
    )
)
LIKE_NOBODY = frozenset(
    ("-", "--", "?", "0", "-1", "unknown", "missing", "anonymous", "guest", "not set", "(not set)")
)
"""Words that some logs write for nobody, and others for somebody: read as names, and said."""
MANY = 20
"""So many times as often as others: then ``0`` is no user like others."""
INVISIBLE = "\ufeff\u200b\u2060"
"""Marks without width, such as a byte order mark in the middle of files put together."""
_WHOLE_FLOAT = re.compile(r"(-?\d+)\.0*$")
_WHOLE = re.compile(r"-?\d+$")
_NUMBER = re.compile(r"[+-]?\d{1,400}$")
_ROUNDED = re.compile(r"-?\d+(\.\d+)?[eE]\+?\d+$")


def is_null(text: str) -> bool:
    """Whether a value stands for nothing: empty, NULL, NA, NaN, None, …"""
    return text.strip().lower() in NULLS


class Codes(dict[str, int]):
    """Name -> code, numbered by first appearance: looking a new name up adds it.

    White space around a name does not belong to it. What stands for nothing is `NOBODY`.

    Args:
        words: whether NULL and its like are names; what is empty never is.
    """

    def __init__(self, words: bool = False) -> None:
        super().__init__()
        self.names: list[str] = []
        self._nulls = frozenset(("",)) if words else NULLS

    def __missing__(self, name: str) -> int:
        plain = name.strip()
        if not plain.isascii():
            plain = plain.strip(INVISIBLE).strip()
        if plain.lower() in self._nulls:
            code = NOBODY
        elif plain != name:
            code = self[plain]
        else:
            code = len(self.names)
            self.names.append(name)
        self[name] = code
        return code

    def encode(self, names: list[str]) -> Ids:
        """int32 ``(len(names),)``."""
        return np.fromiter(map(self.__getitem__, names), np.int32, len(names))


def settled(codes: Ids, names: list[str], what: str) -> tuple[Ids, tuple[str, ...], list[str]]:
    """Names with ``1.0`` written as ``1`` where all of them are whole numbers; notes in words.

    Codes and names that no row uses any more go.
    """
    notes = []
    used = np.zeros(len(names), np.bool_)
    used[codes] = True
    if not used.all():
        numbers = (np.cumsum(used) - 1).astype(np.int32)
        codes, names = numbers[codes], [name for name, use in zip(names, used, strict=True) if use]
    notes += _odd(codes, names, what)
    floats = sum(1 for name in names if name[-1:] in ("0", ".") and _WHOLE_FLOAT.match(name))
    if floats:
        whole = sum(1 for name in names if _WHOLE.match(name))
        if floats + whole == len(names):
            plain = Codes(words=True)
            table = plain.encode([_float_free(name) for name in names])
            if whole:
                notes.append(
                    f"{what}s are written both as 1 and as 1.0 ({floats:,} of {len(names):,}): "
                    "they are taken as the same"
                )
            codes, names = _in_order(table[codes]), plain.names
        elif any(_float_free(name) in set(names) for name in names if _WHOLE_FLOAT.match(name)):
            notes.append(
                f"{what}s such as 1 and 1.0 both occur and are taken as two, since some "
                f"{what}s are no numbers"
            )
    notes += _padded(names, what)
    rounded = next((name for name in names if _ROUNDED.match(name)), None)
    if rounded is not None:
        notes.append(
            f"{what}s such as {rounded!r} are rounded numbers: several may have become one"
        )
    return codes, tuple(names), notes


def _odd(codes: Ids, names: list[str], what: str) -> list[str]:
    """Names that could stand for nobody, and such as only look alike."""
    notes = []
    nobody = [place for place, name in enumerate(names) if name.lower() in LIKE_NOBODY]
    if what == "user" and nobody:
        counts = np.bincount(codes, minlength=len(names))
        often = max(nobody, key=counts.__getitem__)
        if names[often] != "0" or counts[often] >= MANY * np.median(counts):
            notes.append(
                f"user {names[often]!r} has {counts[often]:,} interactions: if that is how the log "
                "writes nobody, take these rows out"
            )
    beyond = [name for name in names if not name.isascii()]
    if alike := len(beyond) - len({unicodedata.normalize("NFC", name) for name in beyond}):
        notes.append(
            f"{alike:,} {what}s are written in two forms of Unicode that look the same, and are "
            "taken as two: bring the log to one form (NFC)"
        )
    return notes


def _padded(names: list[str], what: str) -> list[str]:
    """Whole numbers that are written in several ways, as 7 and 007."""
    padded = {name: _plain_number(name) for name in names if name[:1] in "+-0" and len(name) > 1}
    padded = {name: plain for name, plain in padded.items() if plain and plain != name}
    if not padded:
        return []
    known = set(names)
    twice = [(name, plain) for name, plain in padded.items() if plain in known]
    if not twice:
        return []
    name, plain = twice[0]
    return [
        f"{what}s such as {name!r} and {plain!r} both occur and are taken as two, though they are "
        "the same number"
    ]


def _plain_number(name: str) -> str:
    return str(int(name)) if name.isascii() and _NUMBER.match(name) else ""


def _float_free(name: str) -> str:
    found = _WHOLE_FLOAT.match(name)
    return found[1] if found else name


def _in_order(codes: NDArray[np.int32]) -> Ids:
    return codes.astype(np.int32)
