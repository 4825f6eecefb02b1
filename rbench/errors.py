"""The tree of errors.

::

    RbenchError                what happened, where, what was allowed, what to do
    ├── UsageError             wrong words on the command line                     exit 2
    ├── StudyError             a study, budget or settings file that cannot be read exit 2
    ├── DataError              an interaction log that cannot be used               exit 2
    ├── RecipeError            a recipe's name that does not parse                 exit 2
    ├── TargetError            a target's name that does not parse                 exit 2
    ├── PluginError            an encoder or report that is not there or not sound  exit 2
    ├── ModelError             a .tflite that cannot be read                       exit 2
    ├── RecordError            a record or run that cannot be read                 exit 2
    ├── OutputError            a place that cannot be written                      exit 2
    ├── ToolError              a tool that cannot be fetched or asked              exit 2
    ├── MissingExtraError      a command whose optional libraries are missing      exit 2
    ├── Unsupported            a cell that the platform cannot do         state unsupported
    └── StageError             a cell's work that failed                  state failed
        └── Killed             its process was killed from outside        state failed, tried again
            └── Away           its device is not there, or went away      state failed, tried again

The command line prints the message of any of these on one or a few lines and leaves with the
code shown; a traceback reaches a user only where rbench itself is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable


class RbenchError(Exception):
    """The root. Its text says what, where, what was allowed and what to do, in that order.

    Args:
        what: the cause, in one line.
        where: file, line, key or cell, e.g. ``"ratings.csv, line 12, column 'timestamp'"``.
        allowed: what would have been accepted.
        remedy: what the reader can do now.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", allowed: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.allowed = allowed
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        allowed = f"allowed: {self.allowed}" if self.allowed else ""
        return "; ".join(part for part in (head, allowed, self.remedy) if part)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders by pickle: rebuild from the four parts."""
        return (_rebuild, (type(self), self.what, self.where, self.allowed, self.remedy))


def _rebuild(
    kind: type[RbenchError], what: str, where: str, allowed: str, remedy: str
) -> RbenchError:
    return kind(what, where=where, allowed=allowed, remedy=remedy)


def choices(names: Iterable[str]) -> str:
    """What was allowed, as one readable list."""
    return ", ".join(sorted(names))


class UsageError(RbenchError):
    """Wrong words on the command line."""


class StudyError(RbenchError):
    """A study, budget or settings file that cannot be read."""


class DataError(RbenchError):
    """An interaction log that cannot be used."""


class RecipeError(RbenchError):
    """A recipe's name that does not parse."""


class TargetError(RbenchError):
    """A target's name that does not parse."""


class PluginError(RbenchError):
    """An encoder or a report that is not there or breaks its contract."""


class ModelError(RbenchError):
    """A .tflite file that cannot be read."""


class RecordError(RbenchError):
    """A record or a run folder that cannot be read."""


class OutputError(RbenchError):
    """A place that cannot be written."""


class ToolError(RbenchError):
    """A tool that cannot be fetched, or a program such as adb that cannot be asked."""


class MissingExtraError(RbenchError):
    """A command whose optional libraries are not installed."""


class Unsupported(RbenchError):  # noqa: N818 - a state, not a fault
    """A cell that the platform cannot do; the reason names the limiting library."""


class StageError(RbenchError):
    """A cell's work that failed."""


class Killed(StageError):  # noqa: N818 - what happened, not a fault
    """A process of a cell's work was killed from outside: the next sweep tries again unasked."""


class Away(Killed):
    """A device that is not there, or went away: the next sweep tries again unasked."""
