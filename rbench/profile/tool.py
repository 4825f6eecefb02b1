"""Tools: what times a file.

A tool is a class without arguments, registered in the entry-point group ``rbench.tools``. Its words
in a target's name are `rbench.cells.tools.Named`; this is the rest: where it measures and with
which build, what it objects to, how it times a round, and what it tells a reader. What all tools
share (rounds, verdict, noise, twins) asks it here and knows none by name.

The module of a tool is imported wherever a target is read: it imports what is heavy inside
functions, and asks nothing of the machine before it is asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from rbench.cells import tools
from rbench.cells.delegate import Delegate, Variant
from rbench.cells.recipe import Recipe
from rbench.cells.target import Target
from rbench.cells.tools import HOST, Named
from rbench.errors import PluginError, StudyError, Unsupported, choices
from rbench.installed import at_work
from rbench.profile.fetching import Fetchable
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.records import Delegation

__all__ = [
    "Attached",
    "Delegate",
    "Found",
    "Program",
    "Tool",
    "Variant",
    "concerning",
    "fetchable",
    "tool_of",
]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that ``rbench doctor`` looked for."""

    group: str
    """Its heading: ``tools``, ``delegates``, ``phones``, ``libraries``."""
    name: str
    here: bool
    said: str = ""
    """Version and place; or why it is not here."""
    remedy: str = ""
    """How to get it."""
    needed: bool = False
    """Whether no sweep can run without it."""
    software: bool = False
    """A GPU that is a program on the CPU."""


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A device that targets can name: a line of ``rbench devices``."""

    name: str
    """DEVICE in a target's name."""
    model: str = ""
    chip: str = ""
    cores: int | None = None
    system: str = ""
    power: str = ""
    """Of its battery, in words."""
    trouble: str = ""
    """Why nothing can be timed there now, and what to do."""
    document: Mapping[str, Any] = {}
    """All that is known, for programs."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program of this host that a tool runs: a user can name another build of it."""

    variable: str
    """Of the environment, where its path is looked for first."""
    about: str
    """What it is, and where it is looked for, for ``rbench sweep --help``."""
    remedy: str
    """How to get it, after ``name its path, or``."""


class Tool(Named, ABC):
    """What times files, on this host or on devices. Its words are those of `Named`.

    Errors of its methods, where they are not told otherwise: `rbench.errors.Unsupported` where
    something cannot be done here at all, `rbench.errors.StageError` where it went wrong.
    """

    no_device: ClassVar[str] = ""
    """What ``rbench devices`` says where there is none."""
    settings: ClassVar[type[msgspec.Struct] | None] = None
    """Its own settings, each with a default: ``[profile.tool.WORD]`` in a study, see `own`."""
    concerned_by: ClassVar[tuple[str, ...]] = ()
    """Of the other settings in ``[profile]``, those that concern it alone."""

    program: ClassVar[Program | None] = None
    """Of a tool that measures here: ``rbench sweep`` has an option ``--WORD PATH`` for it."""

    @abstractmethod
    def time(
        self,
        settings: ProfileSettings,
        model: Path,
        target: Target,
        contexts: Path,
        number: int,
        folder: Path,
    ) -> Round:
        """Time one file on one target once; arguments and errors as `rbench.profile.measure`.

        A crash of the file's runtime must not be one of this process: time in another one.
        """

    def own(self, settings: ProfileSettings) -> Any:
        """Its own settings, of the type `settings`; None where it has none.

        Raises:
            StudyError: they are not what it takes.
        """
        said = settings.tool.get(self.word, {})
        where = f"[profile.tool.{self.word}]"
        if self.settings is None:
            if said:
                raise StudyError(f"the {self.word} tool has no settings of its own", where=where)
            return None
        odd = sorted(set(said) - set(self.settings.__struct_fields__))
        if odd:
            raise StudyError(
                f"no such setting: {odd[0]!r}",
                where=where,
                allowed=choices(self.settings.__struct_fields__),
            )
        try:
            return msgspec.convert(said, self.settings)
        except (msgspec.ValidationError, ValueError) as error:
            raise StudyError(str(error), where=where) from error

    def counted(self) -> Iterable[str]:
        """Its delegates that every file of a sweep is loaded with, to count the nodes that they
        take; those that are here. Raises nothing.
        """
        return ()

    def nodes(self, model: Path, delegate: str) -> Delegation:
        """The nodes that one of its delegates takes of a file, which is loaded and not run."""
        raise Unsupported(f"the {self.word} tool counts no nodes", where=str(model))

    def build(self, target: Target) -> str:
        """Which build of the tool there is, e.g. its version or ``sha256:…``, as `Round.tool` says
        it afterwards: another build is another measurement. Empty: it is not here, or its
        `libraries` say it all. Raises nothing.
        """
        return ""

    def adapter(self, target: Target) -> str:
        """Name of the GPU that a target is timed on, where one is used and here. Raises nothing."""
        return ""

    def machine(self, target: Target) -> str:
        """Which machine is timed: times do not travel. Empty: this host. Raises nothing."""
        return f"{self.word} {target.device}" if self.device else ""

    def objection(self, recipe: Recipe, target: Target) -> str:
        """Why files of this recipe cannot be timed there; empty where they can. Asked before
        anything is made.
        """
        return ""

    def file_objection(self, model: Path, target: Target) -> str:
        """Why this file cannot be timed there, e.g. for an operator; empty where it can."""
        return ""

    def doubts(self, settings: ProfileSettings, rounds: Sequence[Round]) -> Iterable[str]:
        """Reasons of its own against the rounds of one cell, for their verdict."""
        return ()

    def details(self, rounds: Sequence[Round]) -> dict[str, Any]:
        """What it adds to the details of a timing, from a cell's rounds."""
        return {}

    def longest_s(self, settings: ProfileSettings) -> float | None:
        """Seconds after which a round has ended, or ended its own processes; None: it may wait for
        its turn on a device, as long as that takes.
        """
        return 4 * settings.timeout_seconds

    def look(self) -> Iterable[Found]:
        """What ``rbench doctor`` says: what is here, what is not and how to get it."""
        return ()

    def attached(self) -> Iterable[Attached]:
        """The devices that targets can name now."""
        return ()

    def fetches(self) -> Iterable[Fetchable]:
        """What ``rbench tool fetch`` brings for it. Raises nothing."""
        return ()


def tool_of(target: Target) -> Tool:
    """The tool that a target names.

    Raises:
        Unsupported: it is not installed, or is none.
    """
    found = tools.find(target.tool, on_device=target.device != HOST)
    if isinstance(found, Tool):
        return found
    raise Unsupported(
        f"the tool {target.tool!r} " + ("is not installed" if found is None else "is no Tool"),
        where=str(target),
        remedy="install the package that brings it, see: rbench list targets",
    )


def concerning(settings: ProfileSettings, target: Target) -> ProfileSettings:
    """The settings without what concerns other tools alone: they re-time nothing of this one's.

    Raises:
        StudyError: some are of a tool that is not installed, or are not what it takes.
    """
    every = [tool for tool in tools.installed() if isinstance(tool, Tool)]
    mine = tool_of(target)
    for word in settings.tool:
        named = [tool for tool in every if tool.word == word]
        if not named:
            raise StudyError(
                f"settings of a tool that is not installed: {word!r}",
                where=f"[profile.tool.{word}]",
                allowed=choices(tool.word for tool in every),
            )
        for tool in named:
            tool.own(settings)
    others = {name for tool in every for name in tool.concerned_by} - set(mine.concerned_by)
    neutral = {name: getattr(ProfileSettings(), name) for name in others}
    kept = {word: own for word, own in settings.tool.items() if word == mine.word}
    return msgspec.structs.replace(settings, **neutral, tool=kept)


def fetchable() -> dict[str, Fetchable]:
    """Name -> what can be fetched, of all installed tools; nothing of one whose words raise.

    Raises:
        PluginError: two are called the same, and are not.
    """
    found: dict[str, Fetchable] = {}
    for tool in tools.installed():
        if not isinstance(tool, Tool):
            continue
        try:
            with at_work(f"tool {tool.word!r}"):
                offered = tuple(tool.fetches())
        except PluginError:
            continue
        for one in offered:
            first = found.setdefault(one.name, one)
            if type(first) is not type(one):
                raise PluginError(
                    f"two tools fetch {one.name!r}: {type(first).__module__} and "
                    f"{type(one).__module__}",
                    remedy="uninstall the package of one of them",
                )
    return found
