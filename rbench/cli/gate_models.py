"""``rbench gate --model NEW [--against-model OLD]``: one or two files, without a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.gate import Limits, Verdict
from rbench.gate.amounts import Share, Size
from rbench.gate.levels import Subject
from rbench.gate.pair import PairLimits, judge_sizes, judge_times
from rbench.gate.rules import SizeLimit
from rbench.gate.verdict import Finding
from rbench.records import Delegation
from rbench.system import temporary


def limits_of(
    max_size: Size | None, max_growth: Share | None, max_ratio: float | None
) -> PairLimits:
    """The limits that the command line sets; without any: no larger, no slower."""
    if max_size is None and max_growth is None and max_ratio is None:
        return PairLimits(size=SizeLimit(max_growth=Share(0)), max_ratio=1.0)
    size = None
    if max_size is not None or max_growth is not None:
        size = SizeLimit(max=max_size, max_growth=max_growth)
    return PairLimits(size=size, max_ratio=max_ratio)


def judge_models(
    limits: PairLimits, new: Path, old: Path | None, target: str, ranges: Sequence[str] = ()
) -> Verdict:
    """Weigh them, and time both if a limit asks for it.

    Raises:
        ModelError: a file cannot be read or asked.
        MissingExtraError: timing needs the extra ``profile``.
    """
    findings, notes = judge_sizes(limits, new, old)
    if limits.max_ratio is not None and old is not None:
        try:
            finding, told = _timed(limits.max_ratio, new, old, target, ranges)
            notes += told
        except StageError as error:
            finding = Subject(str(new), "latency ratio").broken(str(error))
        findings.append(finding)
    return Verdict(findings=tuple(findings), notes=tuple(notes))


def _timed(
    max_ratio: float, new: Path, old: Path, target: str, ranges: Sequence[str]
) -> tuple[Finding, list[str]]:
    from rbench.cli.profile import ranges_of
    from rbench.profile.pair import SETTINGS, time_pair

    with temporary.folder() as place:
        known = ranges_of(ranges)
        timed = time_pair(SETTINGS, new, old, Target.parse(target), place, known)
    timings = timed[0].timing, timed[1].timing
    finding = judge_times(max_ratio, new, old, timings, float(Limits().false_alarms))
    return finding, [
        f"{path} on {target}: median {one.timing.median_us:.2f} us{_delegated(one.delegation)}"
        for path, one in zip((new, old), timed, strict=True)
    ]


def _delegated(found: Delegation | None) -> str:
    return f", {found.nodes_delegated} of {found.nodes_total} nodes delegated" if found else ""
