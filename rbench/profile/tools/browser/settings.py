"""The browser tool's own settings."""

from __future__ import annotations

from typing import Annotated

from rbench.bounds import Bounded, Range


class BrowserSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[profile.tool.browser]``."""

    batch_ms: Annotated[float, Range(2.0, 10_000.0)] = 2.0
    """A browser's clock goes in steps, of 5 us and more: inferences are timed in batches that take
    this long at least, and a sample is the mean of one."""
