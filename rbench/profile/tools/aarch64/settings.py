"""What a study can say to the ``aarch64`` tool: ``[profile.tool.aarch64]``."""

from __future__ import annotations

from typing import Annotated, Literal

from rbench.bounds import Bounded, Range


class Aarch64Settings(Bounded, frozen=True, kw_only=True):
    """Which processor is emulated, and how much is asked."""

    cpu: Literal["cortex-a76", "cortex-a72", "cortex-a53"] = "cortex-a76"
    """One of `rbench.profile.tools.aarch64.processors.PROCESSORS`."""
    contexts: Annotated[int, Range(1, 10_000)] = 24
    """Of the study's contexts, so many are compared."""
