"""The schemes and compressions that are installed: ours come in through the same door as anybody's.

All of them are loaded, and checked, when the first is asked for: a word that one part of rbench
knows, every part knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from rbench import installed
from rbench.errors import PluginError
from rbench.recipes.compression import Compression
from rbench.recipes.scheme import Scheme

SCHEMES = "rbench.schemes"
COMPRESSIONS = "rbench.compressions"
UNROLLED = "unrolled"
"""The one word of recipes that is neither: it asks for another form of the encoder."""
WORD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@cache
def schemes() -> Mapping[str, Scheme]:
    """Name -> scheme, in their order.

    Raises:
        PluginError: one of them cannot be had; the message names the distribution.
    """
    found = _loaded(SCHEMES, Scheme)
    if not found:
        raise PluginError(
            "not even rbench's own schemes are registered: its metadata is older than its code",
            remedy="install rbench again; in a checkout, delete rbench.egg-info first",
        )
    return MappingProxyType(
        {s.name: s for s in sorted(found, key=lambda scheme: (scheme.place, scheme.name))}
    )


@cache
def compressions() -> Mapping[str, Compression]:
    """Word -> compression, in the order in which a recipe may hold them.

    Raises:
        PluginError: one of them cannot be had, or its word is a scheme's.
    """
    found = _loaded(COMPRESSIONS, Compression)
    for value in found:
        if value.word in schemes():
            raise _refusal(COMPRESSIONS, value.word, "there is a scheme of that name")
    return MappingProxyType(
        {c.word: c for c in sorted(found, key=lambda one: (one.step, one.place, one.word))}
    )


def forget() -> None:
    """Look again at the next question; for tests."""
    schemes.cache_clear()
    compressions.cache_clear()


def _loaded(group: str, kind: type) -> list[Any]:
    found: list[Any] = []
    for name in installed.names(group):
        value = installed.value(group, name)
        if not isinstance(value, kind):
            raise _refusal(group, name, f"is no {kind.__name__} but {type(value).__name__}")
        said = getattr(value, "name" if kind is Scheme else "word")
        if said != name:
            raise _refusal(group, name, f"calls itself {said!r}")
        if not WORD.fullmatch(name) or name == UNROLLED:
            raise _refusal(group, name, "is no word that a recipe could hold")
        found.append(value)
    return found


def _refusal(group: str, name: str, why: str) -> PluginError:
    kind = installed.kind_of(group)
    by = installed.distribution(group, name)
    return PluginError(
        f"{kind} {name!r} of {by}: {why}",
        allowed=f"see docs/writing-a-{kind}.md",
        remedy=f"correct or uninstall {by}",
    )
