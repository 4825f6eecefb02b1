"""The gate's judgement: every model, cell and file, held to the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from rbench.gate.against import Against, Made, models_of
from rbench.gate.files import Found, inspect
from rbench.gate.growth import Weighed, judge_size
from rbench.gate.levels import Levels, Measure, Subject, at_most
from rbench.gate.limits import Limits
from rbench.gate.outside import Outside
from rbench.gate.plan import Plan, matched
from rbench.gate.rules import SizeLimit
from rbench.gate.sensitivity import sensitivity
from rbench.gate.sizes import format_size
from rbench.gate.verdict import Finding, Verdict
from rbench.records import ModelFile, Run
from rbench.records.caveats import notes_of

MOST_GZIP = 1032
"""How many times smaller gzip makes a file at the most.

Source: https://www.zlib.net/zlib_tech.html, Maximum Compression Factor.
"""
_ORDER = ("fail", "warn", "not comparable", "pass")


def judge(
    limits: Limits,
    run: Run | None = None,
    against: Against | None = None,
    root: Path | None = None,
) -> Verdict:
    """Hold a run, and files that no run made, to limits.

    A cell that failed or was skipped fails the gate, as does a model file that is missing or is
    not the one its record speaks of: a gate never passes what it could not see. An unsupported
    cell is a fact about the platform and is only noted.

    Args:
        limits: what has to be kept.
        run: a run folder, read. Sizes are taken from the files in it.
        against: the baseline that growth and losses are measured from.
        root: where the paths of the file rules begin.
    """
    findings: list[Finding] = []
    notes: list[str] = []
    if run is not None:
        findings += [*_run(run), *_cells(run)]
        plan = Plan(limits, run, against)
        findings += _rules(limits, run, against, plan)
        findings += plan.unanswered(findings)
        notes += [*_unsupported(run), *_unmatched(limits, run), *_gone(run, against)]
        notes += _seen(limits, run, plan)
        notes += notes_of(run) if any(rule.quality for rule in limits.cells) else ()
    outside = Outside(limits, root or Path())
    findings += outside.findings(against)
    notes += outside.notes()
    return Verdict(
        findings=tuple(sorted(findings, key=_badness)), notes=tuple(notes), strict=limits.strict
    )


def _badness(finding: Finding) -> tuple[int, bool, float]:
    """Failures first, those without a number before all; then by room left, least first."""
    room = (finding.margin or 0.0) / (abs(finding.limit or 0.0) or 1.0)
    return (_ORDER.index(finding.status), finding.margin is not None, room)


def _run(run: Run) -> Iterator[Finding]:
    """Whether the run has the cells that it should have, each once."""
    place = Subject(run.info.study or run.folder.name, "run")
    if not (run.folder / "run.json").is_file():
        yield place.broken("run.json is missing: it is not known how many cells there should be")
    elif run.info.cells < 1 and run.records:
        yield place.broken("run.json does not say how many cells there should be")
    missing = run.info.cells - len(run.records)
    if missing > 0:
        yield place.broken(
            f"{missing} of {run.info.cells} cells left no record: the sweep is not done"
        )
    if run.info.cells > 0 > missing:
        yield place.broken(f"{len(run.records)} records of {run.info.cells} cells")
    for name, times in Counter(str(record.cell) for record in run.records).items():
        if times > 1:
            yield Subject(name, "cell").broken(f"{times} records of it: which one counts?")


def _cells(run: Run) -> Iterator[Finding]:
    for record in run.records:
        place = Subject(str(record.cell), "cell")
        if record.state in ("failed", "skipped"):
            reason = f": {record.reason}" if record.reason else ""
            yield place.broken(f"{record.state}{reason}")
        elif record.state == "ok" and record.model is None:
            yield place.broken("its record names no model file")


def _rules(limits: Limits, run: Run, against: Against | None, plan: Plan) -> Iterator[Finding]:
    """Each file once, though every target of a model has a record of its own."""
    owners: dict[str, str] = {}
    for made in models_of(run):
        owner = owners.setdefault(made.model.path, made.subject)
        found: Found = inspect(run.folder, made.model)
        if found.complaint:
            yield Subject(made.subject, "file").broken(found.complaint)
        elif owner != made.subject:
            yield Subject(made.subject, "file").broken(f"{made.model.path} is {owner}'s")
        if found.size_bytes is None:
            continue
        mark = against.baseline.models.get(made.subject) if against else None
        file = Weighed(made.subject, "size", found.size_bytes, mark, against is not None)
        if limits.max_size_bytes is not None:
            yield from judge_size(SizeLimit(max=limits.max_size_bytes), file, "")
        if limits.update_bytes is not None:
            yield _update(limits.update_bytes, made)
        for rule, name in plan.rules_for(made):
            if rule.size is not None:
                yield from judge_size(rule.size, file, name)
            if rule.gzip is not None:
                yield from _gzip(rule.gzip, file, made.model, name)
    yield from plan.answers()


def _update(limit: int, made: Made) -> Finding:
    """Whether what an update sends to devices keeps its limit."""
    place = Subject(made.subject, "update")
    said = made.model.census.get("update")
    found = said.get("update_bytes") if isinstance(said, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int):
        return place.broken("its record is of no update: rbench update makes one")
    measure = Measure(found, "bytes", lambda value: format_size(int(value)))
    return at_most(place, Levels(None, limit), measure)


def _gzip(limit: SizeLimit, file: Weighed, model: ModelFile, rule: str) -> Iterator[Finding]:
    if not model.gzip_bytes > file.bytes // MOST_GZIP:
        said = f"its record says {format_size(model.gzip_bytes)}: gzip makes no file so small"
        yield Subject(file.subject, "gzip", rule).broken(said)
    else:
        yield from judge_size(limit, file._replace(kind="gzip", bytes=model.gzip_bytes), rule)


def _seen(limits: Limits, run: Run, plan: Plan) -> Iterator[str]:
    """How small a loss is seen, for every metric that has a limit on its loss."""
    metrics = dict.fromkeys(
        metric
        for rule in limits.cells
        for metric, limit in rule.quality.items()
        if limit.max_loss is not None or limit.warn_loss is not None
    )
    for metric in metrics:
        found = sensitivity(run, metric, plan.alpha)
        if found is not None:
            yield found.sentence


def _unsupported(run: Run) -> Iterator[str]:
    unsupported = sum(record.state == "unsupported" for record in run.records)
    if unsupported:
        yield f"{unsupported} of {len(run.records)} cells are unsupported"


def _unmatched(limits: Limits, run: Run) -> Iterator[str]:
    for number, rule in enumerate(limits.cells):
        if rule.optional and not matched(rule, run):
            yield f"cells[{number}] matches no cell, and may"


def _gone(run: Run, against: Against | None) -> Iterator[str]:
    here = {made.subject for made in models_of(run)}
    there = against.baseline.models if against else {}
    gone = [subject for subject in there if subject not in here]
    if gone:
        yield f"in the baseline, not in this run: {', '.join(gone)}"
