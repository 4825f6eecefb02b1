"""How small a difference a run can show: of latency by A/A noise, of quality by its users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rbench.gate.sensitivity import sensitivity
from rbench.records import Run
from rbench_reports.numbers import finite


@dataclass(frozen=True)
class Resolution:
    """One sentence for people, and whether it was measured."""

    about: str
    text: str
    known: bool


def resolutions(run: Run) -> tuple[Resolution, ...]:
    """What is noise in this run, in words; what is not known is said too."""
    return (*_latency(run), _quality(run))


def _quality(run: Run) -> Resolution:
    seen = sensitivity(run)
    if seen is None:
        return Resolution(
            "quality",
            "How small a loss of quality can be seen is not known: this run holds no ranks.",
            False,
        )
    if seen.loss is None:
        return Resolution(
            "quality",
            f"With {seen.users:,} users no loss of NDCG@10 can be seen: nobody gains anything.",
            True,
        )
    return Resolution(
        "quality",
        f"With {seen.users:,} users a loss of NDCG@10 below {100 * seen.loss:.1f} % of float32's "
        f"cannot be seen (found with {100 * seen.power:.0f} % power at "
        f"{100 * seen.alpha:.2g}\N{NO-BREAK SPACE}% false alarms; of all pairs the one that "
        f"differs most: {seen.pair}).",
        True,
    )


def _latency(run: Run) -> Iterator[Resolution]:
    measured = noise_of(run.info.details)
    for target, noise in measured.items():
        files = f", the largest of {noise.files} files" if noise.files > 1 else ""
        yield Resolution(
            "latency",
            f"On {target}, differences of latency below {100 * noise.share:.1f} % are noise on "
            "this machine in this run: so far apart are two timings of one and the same file"
            f"{f' ({noise.cell}{files})' if noise.cell else ''}.",
            True,
        )
    timed = dict.fromkeys(record.cell.target for record in run.records if record.timing)
    rest = [target for target in timed if target not in measured]
    if rest or not timed:
        yield Resolution(
            "latency",
            "How much two timings of one file differ by chance was not measured"
            f"{' on ' + ', '.join(rest) if rest else ''} (no file was timed twice): small "
            "differences of latency are not to be trusted.",
            False,
        )


@dataclass(frozen=True)
class TargetNoise:
    """What A/A cells of one target showed."""

    share: float
    cell: str
    files: int


def noise_of(details: Mapping[str, Any]) -> dict[str, TargetNoise]:
    """Target -> noise, from a run's details; what is not understood is left out."""
    table = details.get("noise")
    found = {}
    for target, entry in table.items() if isinstance(table, Mapping) else ():
        share = entry.get("difference") if isinstance(entry, Mapping) else None
        known = finite(share) if isinstance(share, int | float) else None
        if known is not None and known >= 0:
            files = entry.get("files")
            cell = entry.get("cell")
            found[str(target)] = TargetNoise(
                known,
                cell if isinstance(cell, str) else "",
                files if isinstance(files, int) else 1,
            )
    return found
