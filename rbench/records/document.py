"""What every document of a record is, and how long its texts may be."""

from __future__ import annotations

import msgspec

from rbench.text import shown

SCHEMA = 1
"""Version of the documents written. Older ones are upgraded when read, newer ones refused."""
MOST_TEXTS = 1000
"""Reasons or remarks that one document keeps."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything in a record. Unknown keys are ignored: a reader may be older."""


def shorten(document: Document, text: str = "", texts: str = "") -> None:
    """Cut a field that holds what a library or a stranger said: an exception may quote arrays."""
    if text and len(getattr(document, text)) > shown.MOST:
        msgspec.structs.force_setattr(document, text, shown.cut(getattr(document, text)))
    said = getattr(document, texts) if texts else ()
    if len(said) > MOST_TEXTS or any(len(one) > shown.MOST for one in said):
        more = len(said) - MOST_TEXTS + 1
        rest = (f"… and {more:,} more",) if len(said) > MOST_TEXTS else ()
        kept = said[: MOST_TEXTS - 1] if rest else said
        msgspec.structs.force_setattr(document, texts, (*map(shown.cut, kept), *rest))
