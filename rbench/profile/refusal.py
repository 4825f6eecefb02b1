"""What ends a round within its process."""

from __future__ import annotations


class RefusedError(Exception):
    """The round cannot be done; the text says why."""


class NoGpuError(RefusedError):
    """This machine has no GPU that the runtime could use."""
