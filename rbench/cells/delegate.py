"""What runs a file's operators: a word of a target's name, and what is known of it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Variant(NamedTuple):
    """A delegate that runs another one's kernels in another way."""

    of: str
    """The other one."""
    name: str
    """What sets them apart, as a heading."""
    gain: str
    """Why it can be faster and how an app gets it, in whole sentences after a colon."""


class Delegate(NamedTuple):
    """What runs a file's operators: a word of a target's name."""

    name: str
    meaning: str
    """In ``rbench list targets``."""
    takes: Literal["nodes", "nothing", "untold"] = "nodes"
    """What of a graph it takes over: one node at least, or the round failed; nothing, as the plain
    kernels do, or it failed too; or something that the tool cannot tell."""
    variant: Variant | None = None
    title: str = ""
    """Its name for people; empty: `name`."""

    @property
    def backend(self) -> str:
        """Whose kernels run, as records and budgets name it."""
        return self.variant.of if self.variant else self.name
