"""Targets: where and how a model is timed.

A target's name is read and written by inverse functions::

    TARGET = [DEVICE "/"] [TOOL "/"] DELEGATE ["@" THREADS]

    cpu                          this host, ai-edge-litert, plain kernels, one thread
    xnnpack@2                    the same through XNNPACK on two threads
    xnnpack_cached               XNNPACK with its weight cache: equal weights are packed once
    benchmark_model/xnnpack      this host, TensorFlow Lite's native benchmark tool
    R5CT10/benchmark_model/gpu   the phone with that adb serial

The device is ``host`` where none is named; the tool is ``litert`` on the host and
``benchmark_model`` on a phone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from rbench.errors import TargetError, choices

Tool = Literal["litert", "benchmark_model"]
Delegate = Literal["cpu", "xnnpack", "xnnpack_cached", "gpu"]

TOOLS: tuple[Tool, ...] = get_args(Tool)
DELEGATES: tuple[Delegate, ...] = get_args(Delegate)
HOST = "host"
MOST_THREADS = 1024


@dataclass(frozen=True, order=True)
class Target:
    """One parsed target. ``Target.parse(str(target)) == target`` for every target."""

    delegate: Delegate
    threads: int = 1
    tool: Tool = "litert"
    device: str = HOST

    def __str__(self) -> str:
        device = "" if self.device == HOST else f"{self.device}/"
        tool = "" if self.tool == default_tool(self.device) else f"{self.tool}/"
        threads = "" if self.threads == 1 else f"@{self.threads}"
        return f"{device}{tool}{self.delegate}{threads}"

    @property
    def backend(self) -> str:
        """Whose kernels run, see `backend_of`."""
        return backend_of(self.delegate)

    @property
    def uncached(self) -> Target:
        """The same without a weight cache; itself where it has none."""
        return replace(self, delegate="xnnpack") if self.backend != self.delegate else self

    @classmethod
    def parse(cls, name: str) -> Target:
        """The target of that name.

        Raises:
            TargetError: the delegate or tool is unknown, or the threads are no whole number >= 1.
        """
        *places, last = name.split("/")
        delegate, at, count = last.partition("@")
        if delegate not in DELEGATES:
            raise TargetError(
                f"target {name!r}: unknown delegate {delegate!r}",
                allowed=choices(DELEGATES),
                remedy="write [DEVICE/][TOOL/]DELEGATE[@THREADS], e.g. xnnpack@2",
            )
        if at and not (
            count.isascii()
            and count.isdigit()
            and len(count) < 9
            and 1 <= int(count) <= MOST_THREADS
        ):
            raise TargetError(
                f"target {name[:200]!r}: {count[:200]!r} is no number of threads",
                allowed=f"a whole number from 1 to {MOST_THREADS}",
                remedy=f"write {delegate}@1",
            )
        tool = places.pop() if places and places[-1] in TOOLS else ""
        device = places.pop() if places else HOST
        if places or not device:
            raise TargetError(
                f"target {name!r}: unknown tool in {'/'.join([*places, device])!r}",
                allowed=choices(TOOLS),
                remedy="write [DEVICE/][TOOL/]DELEGATE[@THREADS]",
            )
        if device != HOST and tool == "litert":
            raise TargetError(
                f"target {name!r}: the litert tool runs on this host only",
                allowed="benchmark_model on a device",
                remedy=f"write {device}/benchmark_model/{last}",
            )
        return cls(
            delegate=delegate,  # type: ignore[arg-type]
            threads=int(count) if at else 1,
            tool=tool or default_tool(device),  # type: ignore[arg-type]
            device=device,
        )


def backend_of(delegate: str) -> str:
    """Whose kernels a delegate runs: XNNPACK is one library, with its weight cache and without."""
    return delegate.removesuffix("_cached")


def default_tool(device: str) -> Tool:
    """The tool meant where a target names none."""
    return "litert" if device == HOST else "benchmark_model"
