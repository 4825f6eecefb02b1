"""Whether two cells' numbers were come by alike: if not, in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from rbench.cells.target import versions_of
from rbench.compare.comparison import Unlike
from rbench.records import Machine, Record, Run

NOT_SAID = "not recorded"
LENGTHS = {"rounds", "min_runs", "min_seconds", "max_seconds", "timeout_seconds"}
"""Settings of a timing that make it longer, not another one."""


SAID = {"bootstrap", "parity_contexts", "seed", "filter_history_reason"}
"""Settings of a scoring that change no rank."""


def scored_alike(before: Record, after: Record) -> str:
    """Why two scores cannot be compared; empty where they can."""
    if not before.data or not after.data:
        return "the split of the data is not known"
    if before.data != after.data:
        return (
            f"scored on another split of the data: {_short(before.data)}, then {_short(after.data)}"
        )
    return _settings(before, after, "evaluate", SAID)


def timed_alike(before: Record, after: Record) -> str:
    """Why two times cannot be compared; empty where they can."""
    if before.machine is None or after.machine is None:
        return "the machine is not known"
    if before.machine.identity != after.machine.identity:
        return f"timed on another machine: {_machine(before.machine, after.machine)}"
    for name in versions_of(after.cell.target):
        old, new = (one.versions.get(name, "") for one in (before, after))
        if old != new:
            return f"timed with another {name}: {_version(old)}, then {_version(new)}"
    return _settings(before, after, "profile", LENGTHS)


def unlike(before: Run, after: Run) -> Iterator[Unlike]:
    """What differs between two runs as a whole."""
    yield from _fact("study", _study, before, after, "only cells of the same names are compared")
    yield from _fact("data", _data, before, after, "scores are not compared")
    yield from _fact("machine", _bench, before, after, "latencies are not compared")
    yield from _fact("seed", _seeds, before, after, "so differences are also another training's")
    targets = {record.cell.target for run in (before, after) for record in run.records}
    timing = {name for target in targets for name in versions_of(target)}
    for name in sorted({*before.info.versions, *after.info.versions}):
        effect = "latencies are not compared" if name in timing else "files may differ by it"
        yield from _fact(f"version of {name}", partial(_library, name), before, after, effect)


def _fact(
    what: str, read: Callable[[Run], str], before: Run, after: Run, effect: str
) -> Iterator[Unlike]:
    old, new = read(before), read(after)
    if old != new:
        yield Unlike(what=what, before=old or NOT_SAID, after=new or NOT_SAID, effect=effect)


def _study(run: Run) -> str:
    return run.info.study


def _data(run: Run) -> str:
    data = run.info.data
    return f"{data.name}, split {_short(data.checksum)}" if data else ""


def _bench(run: Run) -> str:
    return run.info.machine.identity.replace("|", ", ") if run.info.machine else ""


def _seeds(run: Run) -> str:
    return ", ".join(map(str, sorted({record.seed for record in run.records})))


def _library(name: str, run: Run) -> str:
    return run.info.versions.get(name, "")


def _settings(before: Record, after: Record, stage: str, free: set[str]) -> str:
    old, new = (_table(one.settings.get(stage)) for one in (before, after))
    for key in sorted({*old, *new} - free):
        if old.get(key) != new.get(key):
            return f"another {stage} setting: {key} {old.get(key)}, then {new.get(key)}"
    return ""


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _machine(before: Machine, after: Machine) -> str:
    for key in ("name", "cpu", "cores", "system"):
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            return f"{key} {old}, then {new}"
    raise AssertionError("their identities differ")


def _version(version: str) -> str:
    return version or NOT_SAID


def _short(checksum: str) -> str:
    return checksum[:12]
