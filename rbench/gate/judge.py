"""The gate's judgement: every model and every cell of a run, held to the limits."""

from __future__ import annotations

from collections.abc import Iterator

from rbench.gate.files import inspect
from rbench.gate.limits import Limits
from rbench.gate.sizes import format_size
from rbench.gate.verdict import Finding, Verdict
from rbench.records import ModelFile, Record, Run


def judge(limits: Limits, run: Run) -> Verdict:
    """Hold a run to limits.

    A cell that failed or was skipped fails the gate, as does a model file that is missing or is
    not the one its record speaks of: a gate never passes what it could not see. An unsupported
    cell is a fact about the platform and is only noted.

    Args:
        limits: what every model has to keep.
        run: a run folder, read. Sizes are taken from the files in it.
    """
    findings = [*_run(run), *_cells(run), *_models(limits, run)]
    unsupported = sum(record.state == "unsupported" for record in run.records)
    notes = [f"{unsupported} of {len(run.records)} cells are unsupported"] if unsupported else []
    return Verdict(findings=tuple(sorted(findings, key=_badness)), notes=tuple(notes))


def _badness(finding: Finding) -> tuple[bool, bool, float]:
    """Failures first, those without a number before all; then by room left, least first."""
    return (finding.status != "fail", finding.margin is not None, finding.margin or 0.0)


def _run(run: Run) -> Iterator[Finding]:
    missing = run.info.cells - len(run.records)
    if missing > 0:
        yield Finding(
            status="fail",
            subject=run.info.study or run.folder.name,
            check="run",
            message=f"{missing} of {run.info.cells} cells left no record: the sweep is not done",
        )


def _cells(run: Run) -> Iterator[Finding]:
    for record in run.records:
        if record.state in ("failed", "skipped"):
            reason = f": {record.reason}" if record.reason else ""
            yield _broken(str(record.cell), "cell", f"{record.state}{reason}")
        elif record.state == "ok" and record.model is None:
            yield _broken(str(record.cell), "cell", "its record names no model file")


def _models(limits: Limits, run: Run) -> Iterator[Finding]:
    """Each file once, though every target of a model has a record of its own."""
    seen: set[tuple[str, str, str, int]] = set()
    for record in run.records:
        for subject, model in _files(record):
            known = (subject, model.path, model.sha256, model.size_bytes)
            if known in seen:
                continue
            seen.add(known)
            found = inspect(run.folder, model)
            if found.complaint:
                yield _broken(subject, "file", found.complaint)
            if found.size_bytes is not None and limits.max_size_bytes is not None:
                yield _size(subject, found.size_bytes, limits.max_size_bytes)


def _files(record: Record) -> Iterator[tuple[str, ModelFile]]:
    """The model files of a finished cell: the one to ship, then those of other seeds."""
    if record.state != "ok" or record.model is None:
        return
    subject = f"{record.cell.encoder} x {record.cell.recipe}"
    yield subject, record.model
    for replicate in record.replicates:
        yield f"{subject}, seed {replicate.seed}", replicate.model


def _broken(subject: str, check: str, message: str) -> Finding:
    return Finding(status="fail", subject=subject, check=check, message=message)


def _size(subject: str, size: int, limit: int) -> Finding:
    margin = limit - size
    room = f"{format_size(margin)} left" if margin >= 0 else f"{format_size(-margin)} too many"
    return Finding(
        status="pass" if margin >= 0 else "fail",
        subject=subject,
        check="size",
        message=f"{format_size(size)} of {format_size(limit)}: {room}",
        number=size,
        limit=limit,
        margin=margin,
        unit="bytes",
    )
