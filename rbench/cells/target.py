"""Targets: where and how a model is timed.

A target's name is read and written by inverse functions::

    TARGET = [DEVICE "/"] [TOOL "/"] DELEGATE ["@" THREADS]

    cpu                          this host, ai-edge-litert, plain kernels, one thread
    xnnpack@2                    the same through XNNPACK on two threads
    xnnpack_cached               XNNPACK with its weight cache: equal weights are packed once
    benchmark_model/xnnpack      this host, TensorFlow Lite's native benchmark tool
    R5CT10/benchmark_model/gpu   the phone with that adb serial

The device is ``host`` where none is named. TOOL and DELEGATE are words of the installed tools, see
`rbench.cells.tools`; where no tool is named, one is implied, on this host and on a device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rbench.cells import tools
from rbench.cells.delegate import Delegate
from rbench.cells.tools import HOST, Named
from rbench.errors import TargetError, choices

MOST_THREADS = 1024
GRAMMAR = "[DEVICE/][TOOL/]DELEGATE[@THREADS]"


def _implied() -> str:
    tool = tools.implied(on_device=False)
    return tool.word if tool else ""


@dataclass(frozen=True, order=True)
class Target:
    """One parsed target. ``Target.parse(str(target)) == target`` for every target."""

    delegate: str
    threads: int = 1
    tool: str = field(default_factory=_implied)
    device: str = HOST

    def __str__(self) -> str:
        device = "" if self.device == HOST else f"{self.device}/"
        implied = tools.implied(on_device=self.device != HOST)
        tool = "" if implied and self.tool == implied.word else f"{self.tool}/"
        threads = "" if self.threads == 1 else f"@{self.threads}"
        return f"{device}{tool}{self.delegate}{threads}"

    @property
    def known(self) -> Delegate:
        """What its tool says of its delegate."""
        tool = tools.find(self.tool, on_device=self.device != HOST)
        found = (one for one in (tool.delegates if tool else ()) if one.name == self.delegate)
        return next(found, Delegate(self.delegate, ""))

    @property
    def backend(self) -> str:
        """Whose kernels run: XNNPACK is one library, with its weight cache and without."""
        return self.known.backend

    @property
    def plain(self) -> Target:
        """The same on the delegate that its own is a variant of; itself where it is none."""
        return replace(self, delegate=self.backend)

    @classmethod
    def parse(cls, name: str) -> Target:
        """The target of that name.

        Raises:
            TargetError: the delegate or tool is unknown, or the threads are no whole number >= 1.
        """
        return _parsed(name)


@lru_cache(maxsize=4096)
def _parsed(name: str) -> Target:
    *places, last = name.split("/")
    word = places.pop() if places and _is_word(places[-1]) else ""
    device = places.pop() if places else HOST
    on_device = device != HOST
    tool = tools.find(word, on_device=on_device) if word else tools.implied(on_device=on_device)
    delegate, threads = _read(name, last, (tool or _first(word)).delegates)
    if places or not device:
        raise TargetError(
            f"target {name!r}: unknown tool in {'/'.join([*places, device])!r}",
            allowed=choices(words()),
            remedy=f"write {GRAMMAR}",
        )
    if tool is None:
        raise _elsewhere(name, word, device, last)
    return Target(delegate=delegate, threads=threads, tool=tool.word, device=device)


def _read(name: str, last: str, known: Sequence[Delegate]) -> tuple[str, int]:
    """Delegate and threads."""
    delegate, at, count = last.partition("@")
    if delegate not in [one.name for one in known]:
        raise TargetError(
            f"target {name!r}: unknown delegate {delegate!r}",
            allowed=choices(one.name for one in known),
            remedy=f"write {GRAMMAR}, e.g. {_example(delegate)}",
        )
    if at and not (
        count.isascii() and count.isdigit() and len(count) < 9 and 1 <= int(count) <= MOST_THREADS
    ):
        raise TargetError(
            f"target {name[:200]!r}: {count[:200]!r} is no number of threads",
            allowed=f"a whole number from 1 to {MOST_THREADS}",
            remedy=f"write {delegate}@1",
        )
    return delegate, int(count) if at else 1


def _example(delegate: str) -> str:
    """A name that could have been meant."""
    for tool in tools.installed():
        if delegate in [one.name for one in tool.delegates]:
            return f"{f'{tool.device}/' if tool.device else ''}{tool.word}/{delegate}"
    return "xnnpack@2"


def _is_word(place: str) -> bool:
    return any(tools.find(place, on_device=on_device) for on_device in (False, True))


def _first(word: str) -> Named:
    """The tool of a word wherever it measures; any, where no tool has it."""
    every = tools.installed()
    return next((tool for tool in every if tool.word == word), every[0])


def _elsewhere(name: str, word: str, device: str, last: str) -> TargetError:
    """What is wrong where a tool measures, but not there."""
    if device != HOST:
        others = [tool.word for tool in tools.installed() if tool.device]
        return TargetError(
            f"target {name!r}: the {word} tool runs on this host only",
            allowed=f"{choices(others)} on a device",
            remedy=f"write {device}/{others[0]}/{last}" if others else f"write {word}/{last}",
        )
    place = _first(word).device
    return TargetError(
        f"target {name!r}: the {word} tool needs a device",
        allowed=f"{place}/{word}/{last}, with {place} {_first(word).device_meaning}",
        remedy="see which there are with: rbench devices",
    )


def words() -> tuple[str, ...]:
    """TOOL in names: the words of the installed tools."""
    return tuple(sorted({tool.word for tool in tools.installed()}))


def taking() -> tuple[str, ...]:
    """The backends of all delegates that take nodes over, sorted."""
    every = (delegate for tool in tools.installed() for delegate in tool.delegates)
    return tuple(sorted({one.backend for one in every if one.takes == "nodes"}))


def versions_of(name: str) -> tuple[str, ...]:
    """Whose versions decide what a target of that name measures, as a record names them: the tool's
    libraries, and its build. What stands before its delegate where its tool is not installed.
    """
    try:
        target = Target.parse(name)
    except TargetError:
        return tuple(name.split("/")[:-1])
    tool = tools.find(target.tool, on_device=target.device != HOST)
    return (*(tool.libraries if tool else ()), target.tool)


def backend_of(name: str) -> str:
    """Whose kernels a target of that name runs; its delegate's where its tool is not installed."""
    try:
        return Target.parse(name).backend
    except TargetError:
        return name.rpartition("/")[2].partition("@")[0]
