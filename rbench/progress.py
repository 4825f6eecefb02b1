"""What long work says of itself while it runs. Stages report, only the command line prints."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one piece of work is."""

    done: float
    """In the work's own units (epochs, users, runs)."""
    total: float
    text: str = ""
    """A few words on where it stands, e.g. ``"loss 5.21  ndcg@10 .061"``."""


Reporter = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report to nobody."""


def share_of(report: Reporter, done: float, total: float, size: float = 1) -> Reporter:
    """A reporter for one piece of longer work.

    Args:
        done: how much of that work lies before the piece, in the units of ``total``.
        size: how much the piece is.
    """

    def told(progress: Progress) -> None:
        part = size * progress.done / progress.total
        report(Progress(done=done + part, total=total, text=progress.text))

    return told
