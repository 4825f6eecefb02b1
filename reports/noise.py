"""How small a difference a run can show: of latency by A/A noise, of quality by its users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rbench.gate.power import sight
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
    return (_latency(run), _quality(run))


def _quality(run: Run) -> Resolution:
    seen = sight(run)
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
        f"{100 * seen.tail:.2g} % false alarms; of all pairs the one that differs most: "
        f"{seen.pair}).",
        True,
    )


def _latency(run: Run) -> Resolution:
    share = finite_share(run.info.details.get("noise"))
    if share is None:
        return Resolution(
            "latency",
            "How much two timings of one file differ by chance was not measured in this run (no "
            "A/A cells), so small differences of latency are not to be trusted.",
            False,
        )
    return Resolution(
        "latency",
        f"Differences of latency below {100 * share:.1f} % are noise on this machine in this run: "
        "so far apart are timings of one and the same file.",
        True,
    )


def finite_share(found: Any) -> float | None:
    """The share that A/A timings differ by; None where it is not there or no number."""
    value = found.get("share") if isinstance(found, Mapping) else None
    known = finite(value) if isinstance(value, int | float) else None
    return known if known is not None and known >= 0 else None
