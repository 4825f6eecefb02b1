"""The code part of a key: what a stage does, as its files say it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rbench.system.closure import closure, digest

FOLDERS = {"rbench": [Path(__file__).parents[1]]}


@cache
def code_of(stage: str) -> str:
    """sha256 over the code that does a stage's jobs: its file in `rbench.sweeping.stages` and all
    that this imports, directly or not.
    """
    return digest(files_of(stage))


def files_of(stage: str) -> dict[str, Path]:
    """The modules that a stage is made of, with their files."""
    return closure(f"rbench.sweeping.stages.{stage}", FOLDERS)
