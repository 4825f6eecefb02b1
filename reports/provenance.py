"""Can I believe it: data, split, seeds, protocol, machine, versions, and how to do it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from rbench.records import Machine, Run
from rbench.records.caveats import history_of
from rbench_reports.cells import Sheet
from rbench_reports.files import runner
from rbench_reports.numbers import MISSING, alone

Facts = tuple[tuple[str, str], ...]

PROTOCOLS = ("data", "model", "train", "evaluate", "profile")
"""Stages whose settings are shown."""


@dataclass(frozen=True)
class Reason:
    """Cells that are not ``ok`` for one and the same reason."""

    state: str
    stage: str
    text: str
    cells: tuple[str, ...]


def data_facts(run: Run) -> Facts:
    """What was understood of the log."""
    found = run.info.data
    if found is None:
        return ()
    return (
        ("log", f"{found.name} ({found.format})"),
        *((("read as", str(found.reading)),) if found.reading.format else ()),
        ("users", f"{found.users:,}"),
        ("items", f"{found.items:,}, of which {found.catalogue:,} can be recommended"),
        ("interactions", f"{found.interactions:,}"),
        ("split", found.split),
        ("test users", f"{found.test_users:,}"),
        ("validation users", f"{found.validation_users:,}"),
        ("split checksum", found.checksum),
        *_ranking(run),
        *((f"{key}", _plain(value)) for key, value in sorted(found.details.items())),
    )


def _ranking(run: Run) -> Iterator[tuple[str, str]]:
    found = history_of(run)
    if found is not None:
        word = "taken out of the ranking" if found.filtered else "left in the ranking"
        yield "items of the history", f"{word} ({found.reason})"


def machine_facts(run: Run) -> tuple[Facts, ...]:
    """Every machine that something was measured on."""
    machines = [run.info.machine, *(record.machine for record in run.records)]
    distinct: dict[str, Machine] = {m.identity: m for m in machines if m is not None}
    return tuple(
        (
            ("name", machine.name),
            ("processor", f"{machine.cpu}, {machine.cores} cores"),
            ("memory", alone("bytes", machine.memory_bytes)),
            ("system", machine.system),
            ("Python", machine.python),
            *((key, _plain(value)) for key, value in sorted(machine.details.items())),
        )
        for machine in distinct.values()
    )


def runners(sheet: Sheet) -> Facts:
    """Per target: who ran the files, and why it left operators, in its own words."""
    facts: list[tuple[str, str]] = []
    for target in sheet.targets:
        cells = [cell for cell in sheet.cells if cell.target == target]
        ran = [cell.record.delegation for cell in cells if cell.record.delegation]
        said = [remark for found in ran for remark in dict.fromkeys(found.remarks)]
        if ran:
            facts.append((target, "; ".join(dict.fromkeys(map(runner, ran)))))
        if said:
            facts.append((f"what {target} left, in its own words", "; ".join(_counted(said))))
    return tuple(facts)


def _counted(said: Sequence[str]) -> Iterator[str]:
    for remark in dict.fromkeys(said):
        count = said.count(remark)
        yield f"“{remark}” ({count} cell{'' if count == 1 else 's'})"


def run_facts(run: Run) -> Facts:
    """The run itself."""
    seeds = sorted({record.seed for record in run.records})
    replicates = sorted({r.seed for record in run.records for r in record.replicates})
    checksums = {record.data for record in run.records if record.data}
    facts = [
        ("study", run.info.study or MISSING),
        ("created", run.info.created or MISSING),
        ("rbench", run.info.rbench or MISSING),
        ("command", run.info.command or MISSING),
        ("seeds", ", ".join(map(str, [*seeds, *(s for s in replicates if s not in seeds)]))),
    ]
    if len(checksums) > 1:
        facts.append(("beware", "the records are of several splits: " + ", ".join(checksums)))
    return tuple(facts)


def versions(run: Run) -> Facts:
    """Libraries; where cells differ, all versions that occur."""
    found: dict[str, set[str]] = {}
    for table in (run.info.versions, *(record.versions for record in run.records)):
        for name, version in table.items():
            found.setdefault(name, set()).add(version)
    return tuple((name, ", ".join(sorted(seen))) for name, seen in sorted(found.items()))


def protocol(run: Run) -> tuple[tuple[str, Facts], ...]:
    """The settings of each stage."""
    tables = [(name, run.info.settings.get(name)) for name in PROTOCOLS]
    return tuple(
        (name, tuple((key, _plain(value)) for key, value in table.items()))
        for name, table in tables
        if isinstance(table, Mapping) and table
    )


def reasons(run: Run, sheet_reasons: Iterable[tuple[str, str, str, str]]) -> tuple[Reason, ...]:
    """Like reasons together; takes (state, stage, reason, cell)."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for state, stage, text, cell in sheet_reasons:
        groups.setdefault((state, stage, text), []).append(cell)
    return tuple(Reason(*key, cells=tuple(cells)) for key, cells in groups.items())


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value)) or "none"
    return msgspec.json.encode(value, enc_hook=str).decode()
