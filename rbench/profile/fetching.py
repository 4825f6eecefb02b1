"""What tools bring from outside: a program, a runtime, a sysroot; ``rbench tool fetch NAME``.

A tool names them in `rbench.profile.tool.Tool.fetches`. How they are fetched is theirs; what the
command shows and takes is the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import msgspec

from rbench.errors import UsageError, choices
from rbench.progress import Reporter

__all__ = ["Brought", "Fetchable", "Wanted"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """How something is to be fetched; what is empty is left to what is fetched."""

    platform: str = ""
    """Of `Fetchable.platforms`."""
    to: Path | None = None
    """A folder other than where rbench looks for it."""
    source: Path | None = None
    """A file or folder that the user has already: nothing is downloaded."""
    mirror: str = ""
    """Where it is downloaded from."""
    sha256: str = ""
    """The one build that is taken."""
    again: bool = False
    """Although it is there."""


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What there is now."""

    path: Path
    sha256: str
    new: bool
    """False where it was there already."""
    licence: str = ""
    """Under which it comes, as an SPDX expression."""
    next: str = ""
    """The command that uses it."""


class Fetchable(ABC):
    """One thing that can be fetched."""

    name: ClassVar[str]
    """NAME in ``rbench tool fetch NAME``; no two are the same."""
    meaning: ClassVar[str]
    """What it is and where it comes from, in a line."""
    platforms: ClassVar[tuple[str, ...]] = ()
    """What ``--platform`` may say; empty: it is the same everywhere."""
    options: ClassVar[tuple[str, ...]] = ()
    """The fields of `Wanted` that it heeds beside ``platform`` and ``again``."""

    @abstractmethod
    def fetch(self, wanted: Wanted, report: Reporter) -> Brought:
        """Bring it, whole or not at all.

        Raises:
            ToolError: no network, or not what it should be.
            OutputError: the place cannot be written.
        """

    def check(self, wanted: Wanted) -> None:
        """Whether it knows what is wanted of it.

        Raises:
            UsageError: it does not.
        """
        where = f"rbench tool fetch {self.name}"
        if wanted.platform and wanted.platform not in self.platforms:
            raise UsageError(
                f"no {wanted.platform!r} of it"
                if self.platforms
                else "it is the same on every platform: leave --platform out",
                where=where,
                allowed=choices(self.platforms),
            )
        for field in ("to", "source", "mirror", "sha256"):
            if getattr(wanted, field) and field not in self.options:
                raise UsageError(
                    f"{_OPTIONS[field]} is not for it",
                    where=where,
                    allowed=choices(_OPTIONS[name] for name in self.options),
                )


_OPTIONS = {"to": "--to", "source": "--from", "mirror": "--mirror", "sha256": "--sha256"}
