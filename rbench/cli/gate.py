"""``rbench gate``: hold a run to limits, and tell CI by the exit code."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rbench.gate import Finding, Limits, Verdict, judge, parse_size
from rbench.records import Run, read_run

SIGNS = {"pass": ("pass", "green"), "fail": ("FAIL", "bold red")}


@click.command(
    epilog="""\b
Examples:
  rbench gate runs/default-20250101-120000 --max-size 300KB
  rbench gate RUN --max-size 1.5MiB --json
\b
Exit codes:
  0  every model file is within the limit
  1  a limit is broken, a cell failed, or a model file is missing or changed
  2  nothing was measured, or wrong usage
""",
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--max-size",
    required=True,
    metavar="SIZE",
    help="Largest size of any model file: 300KB (1 KB is 1000 bytes), 256KiB (1 KiB is 1024 "
    "bytes), 1.5MB, or a number of bytes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def command(run: Path, max_size: str, as_json: bool) -> int:
    """Hold the run in the folder RUN to limits; the exit code is for CI.

    Sizes are read from the model files in RUN, not from the records. A file that is missing, or
    is not the one that was measured, fails the gate.
    """
    limits = Limits(max_size_bytes=parse_size(max_size))
    found = read_run(run)
    verdict = judge(limits, found)
    if as_json:
        click.echo(_document(limits, found, verdict))
    else:
        _show(verdict)
    return verdict.exit_code


def _document(limits: Limits, run: Run, verdict: Verdict) -> str:
    document = {
        "run": str(run.folder),
        "outcome": verdict.outcome,
        "exit_code": verdict.exit_code,
        "summary": verdict.summary,
        "limits": limits,
        "findings": verdict.findings,
        "notes": verdict.notes,
    }
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def _show(verdict: Verdict) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    for finding in verdict.findings:
        if not finding.measured:
            line = Text(f" {finding.subject}: {finding.message}")
            console.print(_sign(finding) + line, soft_wrap=True)
    measured = [finding for finding in verdict.findings if finding.measured]
    if measured:
        console.print(_table(measured))
    for note in verdict.notes:
        console.print(f"note: {note}")
    console.print(f"gate: {verdict.outcome} ({verdict.summary})")


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "model", "check"):
        table.add_column(heading, overflow="fold")
    for heading in ("measured", "limit", "room"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("")
    for finding in findings:
        numbers = (finding.number, finding.limit, finding.margin)
        table.add_row(
            _sign(finding),
            Text(finding.subject),
            finding.check,
            *(f"{number:,.0f}" for number in numbers if number is not None),
            finding.unit,
        )
    return table


def _sign(finding: Finding) -> Text:
    word, style = SIGNS[finding.status]
    return Text(word, style=style)
