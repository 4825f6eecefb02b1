"""The tools that are installed, as far as targets name them.

A tool times files. It comes in through the entry-point group `TOOLS`; what it has to be able to do
is `rbench.profile.tool.Tool`, of which the words in a target's name are the smaller part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

from rbench import installed as plugins
from rbench.cells.delegate import Delegate
from rbench.errors import PluginError

TOOLS = "rbench.tools"
OWN = "rbench"
"""The distribution whose tools come with rbench."""
HOST = "host"
"""The device where a target names none."""
_WORD = re.compile(r"[a-z][a-z0-9_]*")


class Named:
    """A tool by its words in targets' names."""

    word: ClassVar[str]
    """TOOL in the name: small letters, digits and ``_``."""
    meaning: ClassVar[str]
    """What it is, in a few words, for ``rbench list targets``."""
    delegates: ClassVar[tuple[Delegate, ...]]
    """What may run a file's operators: DELEGATE in the name."""
    device: ClassVar[str] = ""
    """What DEVICE stands for in its targets' names, e.g. ``SERIAL``; empty: it measures here."""
    device_meaning: ClassVar[str] = ""
    """That in words, for ``rbench list targets``."""
    implied: ClassVar[bool] = False
    """Whether it is meant where a name has no TOOL. rbench's own tools are asked first."""

    libraries: ClassVar[tuple[str, ...]] = ()
    """Python packages whose versions decide what it measures: in records and in a round's key."""

    @property
    def place(self) -> tuple[str, bool]:
        """Its word, and whether it measures on devices: no two tools have the same."""
        return self.word, bool(self.device)


def installed() -> tuple[Named, ...]:
    """The tools that can be loaded: rbench's own, then others, each by the name of its entry point.

    Raises:
        PluginError: two have the same word.
    """
    return _found()[0]


def broken() -> dict[str, PluginError]:
    """Name of the entry point -> why the tool behind it cannot be loaded."""
    return _found()[1]


def find(word: str, *, on_device: bool) -> Named | None:
    """The tool of that word, on a device or on this host."""
    return next(
        (tool for tool in _asked() if (tool.word, bool(tool.device)) == (word, on_device)), None
    )


def implied(*, on_device: bool) -> Named | None:
    """The tool that is meant where a name has none."""
    return next(
        (tool for tool in _asked() if tool.implied and bool(tool.device) == on_device), None
    )


def registered_as(tool: Named) -> str:
    """The name of its entry point.

    Raises:
        PluginError: it has none.
    """
    for name in plugins.names(TOOLS):
        if name not in broken() and load(name) is tool:
            return name
    raise PluginError(
        f"the tool {tool.word!r} is not registered", allowed=f"an entry point {TOOLS}"
    )


def _asked() -> Iterator[Named]:
    """rbench's own first: nobody else's are loaded where one of them is meant."""
    yield from _loaded(own=True)[0]
    yield from _loaded(own=False)[0]


@cache
def _found() -> tuple[tuple[Named, ...], dict[str, PluginError]]:
    (ours, lost), (theirs, other) = _loaded(own=True), _loaded(own=False)
    words: dict[tuple[str, bool], Named] = {}
    for tool in (*ours, *theirs):
        first = words.setdefault(tool.place, tool)
        if first is not tool:
            raise PluginError(
                f"two tools are called {tool.word!r}: {_class(first)} and {_class(tool)}",
                remedy="uninstall the package of one of them",
            )
    return (*ours, *theirs), {**lost, **other}


@cache
def _loaded(*, own: bool) -> tuple[tuple[Named, ...], dict[str, PluginError]]:
    made: list[Named] = []
    if own and not plugins.names(TOOLS):
        raise PluginError(
            "rbench's own tools are not registered",
            remedy="install rbench again; in a checkout: rm -rf rbench.egg-info; pip install -e .",
        )
    lost: dict[str, PluginError] = {}
    for name in plugins.names(TOOLS):
        if (plugins.distribution(TOOLS, name) == OWN) != own:
            continue
        try:
            made.append(load(name))
        except PluginError as error:
            lost[name] = error
    return tuple(made), lost


@cache
def load(name: str) -> Named:
    """The tool behind an entry point.

    Raises:
        PluginError: it cannot be loaded, or is no tool.
    """
    made = _made(name)
    complaint = complaint_of(made)
    if complaint or not isinstance(made, Named):
        raise PluginError(
            f"tool {name!r} of {plugins.distribution(TOOLS, name)}: {complaint}",
            allowed="a class without arguments, see rbench.profile.tool.Tool",
            remedy="see docs/writing-a-tool.md",
        )
    return made


def _made(name: str) -> object:
    kind = plugins.value(TOOLS, name)
    with plugins.at_work(f"tool {name!r} cannot be made", allowed="a class without arguments"):
        return kind()


def complaint_of(tool: object) -> str:
    """Why something cannot be a tool, by the words that targets need; empty where it can."""
    if not isinstance(tool, Named):
        return f"{type(tool).__name__} is none"
    word, delegates = getattr(tool, "word", None), getattr(tool, "delegates", None)
    if not isinstance(word, str) or not _WORD.fullmatch(word) or word == HOST:
        return f"{word!r} cannot be its word in a target's name (allowed: a-z, 0-9 and _)"
    if not isinstance(delegates, tuple) or not delegates:
        return "it has no delegates"
    names = [getattr(delegate, "name", None) for delegate in delegates]
    odd = [name for name in names if not (isinstance(name, str) and _WORD.fullmatch(name))]
    if odd:
        return f"{odd[0]!r} cannot be a delegate's name (allowed: a-z, 0-9 and _)"
    if len(set(names)) < len(names):
        return f"it has two delegates {max(names, key=names.count)!r}"
    missing = [
        key for key in ("meaning", "device", "device_meaning", "implied") if not hasattr(tool, key)
    ]
    return f"it has no {missing[0]}" if missing else ""


def _class(tool: object) -> str:
    return f"{type(tool).__module__}:{type(tool).__qualname__}"
