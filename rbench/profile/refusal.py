"""What ends a round within its process."""

from __future__ import annotations


class RefusedError(Exception):
    """The round cannot be done; the text says why."""


class UnsupportedError(RefusedError):
    """It cannot be done here, which is no failure; the text names what cannot."""


class NoGpuError(UnsupportedError):
    """This machine has no GPU that the runtime could use."""
