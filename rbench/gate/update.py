"""A baseline file, written anew."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rbench.errors import RecordError
from rbench.gate.against import baseline_of
from rbench.gate.baseline import Baseline, read_baseline, write_baseline
from rbench.gate.limits import Limits
from rbench.gate.outside import Outside
from rbench.records import Run


def update(path: Path, limits: Limits, run: Run | None, root: Path, now: str) -> Baseline:
    """Take a baseline from a run and the files of the budget, with the history of the old one.

    What neither the run nor the budget holds any more is forgotten; the difference of the two
    versions shows it to whoever reviews it.

    Args:
        path: of the baseline file; the history begins where there is none.
        root: where the paths of the file rules begin.
        now: UTC, ISO 8601; dates the baseline where no run does.

    Raises:
        RecordError: what lies there is no baseline, or there is nothing to remember.
        OutputError: the place cannot be written.
    """
    before = read_baseline(path) if path.exists() else None
    taken = baseline_of(run) if run else Baseline()
    taken = msgspec.structs.replace(
        taken, created=taken.created or now, files=Outside(limits, root).marks()
    )
    if not (taken.models or taken.files):
        raise RecordError(
            "nothing to remember: no finished model and no file",
            where=str(run.folder if run else root),
            remedy=f"{path} is left as it was",
        )
    written = taken.after(before)
    write_baseline(path, written)
    return written
