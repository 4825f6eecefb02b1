"""What is installed under an entry-point group, ours and a stranger's alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from rbench.errors import PluginError, RbenchError, choices
from rbench.text.shown import cut


def names(group: str) -> tuple[str, ...]:
    """The installed plug-ins of a group, sorted."""
    return tuple(sorted(entries(group)))


def describe(group: str) -> dict[str, str]:
    """Name -> ``module:Name (distribution)`` of a group's plug-ins; imports none of them."""
    return {
        name: f"{point.value} ({point.dist.name if point.dist else 'unknown'})"
        for name, point in sorted(entries(group).items())
    }


def value(group: str, name: str) -> Any:
    """What an entry point names.

    Raises:
        PluginError: it is not there, or cannot be imported; the message names its distribution.
    """
    point = find(group, name)
    by = distribution(group, name)
    with at_work(f"{name!r} cannot be loaded from {point.value} ({by})"):
        return point.load()


def kind_of(group: str) -> str:
    """What a group's plug-ins are called: ``rbench.encoders`` -> ``encoder``."""
    name = group.rsplit(".", maxsplit=1)[-1]
    return name.removesuffix("es" if name.endswith("sses") else "s")


def distribution(group: str, name: str) -> str:
    """Which package brings a plug-in."""
    point = find(group, name)
    return point.dist.name if point.dist else "an unknown package"


def told(error: BaseException) -> str:
    """What a stranger's code raised, in a few words."""
    try:
        said = repr(error.code) if isinstance(error, SystemExit) else str(error).strip()
    except Exception:  # its own words may raise, too
        said = "it cannot say what"
    asks = " (it asks to leave)" if isinstance(error, SystemExit) else ""
    return cut(f"{type(error).__name__}{asks}: {said or 'no message'}")


@contextmanager
def at_work(what: str, *, where: str = "", allowed: str = "") -> Iterator[None]:
    """A stranger's code may raise anything, and ask to leave; Ctrl-C stays what it is.

    What rbench itself says is let through.
    """
    try:
        yield
    except (KeyboardInterrupt, RbenchError):
        raise
    except BaseException as error:
        head = f"{what}: " if what else ""
        raise PluginError(f"{head}{told(error)}", where=where, allowed=allowed) from error


@cache
def entries(group: str) -> dict[str, EntryPoint]:
    """Name -> entry point.

    Raises:
        PluginError: two packages bring different ones under one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            places = sorted(f"{p.value} ({p.dist.name if p.dist else '?'})" for p in (other, point))
            raise PluginError(
                f"{kind_of(group)} {point.name!r} is there twice: {' and '.join(places)}",
                remedy="uninstall one of the two packages",
            )
    return found


def find(group: str, name: str) -> EntryPoint:
    """The entry point of that name.

    Raises:
        PluginError: there is none.
    """
    kind, kinds = kind_of(group), group.rpartition(".")[2]
    try:
        return entries(group)[name]
    except KeyError:
        raise PluginError(
            f"unknown {kind} {name!r}",
            allowed=choices(entries(group)),
            remedy=f"install the package that brings it, or see: rbench list {kinds}",
        ) from None
