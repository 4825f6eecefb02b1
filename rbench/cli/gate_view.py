"""What `rbench gate` prints, in each of its formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rbench.gate import Finding, Verdict
from rbench.gate.shown import columns

FORMATS = ("table", "json", "markdown", "junit", "github")
SIGNS = {
    "pass": ("pass", "green"),
    "warn": ("warn", "yellow"),
    "fail": ("FAIL", "bold red"),
    "not comparable": ("n/c", "cyan"),
}


def show(verdict: Verdict, kind: str, about: Mapping[str, Any]) -> None:
    """Print a verdict.

    Args:
        kind: one of `FORMATS`.
        about: what the JSON document says beside the verdict: ``run`` and ``limits`` first.
    """
    if kind == "json":
        click.echo(_document(verdict, about))
    elif kind == "markdown":
        from rbench.gate.markdown import markdown

        click.echo(markdown(verdict, about.get("run") or ""), nl=False)
    elif kind == "junit":
        from rbench.gate.junit import junit

        click.echo(junit(verdict), nl=False)
    elif kind == "github":
        from rbench.gate.github import github

        click.echo(github(verdict), nl=False)
    else:
        _show(verdict)


def show_error(message: str, kind: str) -> None:
    """Print why there is no verdict, for what reads documents; people find it on stderr."""
    if kind == "json":
        said = {"outcome": "error", "exit_code": 2, "error": message, "findings": [], "notes": []}
        click.echo(msgspec.json.format(msgspec.json.encode(said)).decode())
    elif kind == "markdown":
        from rbench.gate.markdown import escaped

        click.echo(f"### rbench gate: error\n\n{escaped(message)}")
    elif kind == "junit":
        from rbench.gate.junit import junit_error

        click.echo(junit_error(message), nl=False)
    elif kind == "github":
        from rbench.gate.github import github_error

        click.echo(github_error(message), nl=False)


def _document(verdict: Verdict, about: Mapping[str, Any]) -> str:
    document = {
        **about,
        "outcome": verdict.outcome,
        "exit_code": verdict.exit_code,
        "summary": verdict.summary,
        "findings": verdict.findings,
        "notes": verdict.notes,
    }
    return msgspec.json.format(msgspec.json.encode(document, enc_hook=_plain)).decode()


def _plain(amount: Any) -> int | float:
    """Sizes and shares are the numbers that they are made of."""
    return int(amount) if isinstance(amount, int) else float(amount)


def _show(verdict: Verdict) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    for finding in verdict.findings:
        if not finding.measured and finding.status == "fail":
            _line(console, finding)
    measured = [finding for finding in verdict.findings if finding.measured]
    if measured:
        console.print(_table(measured))
    for finding in verdict.findings:
        telling = finding.measured and finding.unit != "bytes" and finding.status != "pass"
        if telling or finding.status == "not comparable":
            _line(console, finding)
    for note in verdict.notes:
        console.print(f"note: {note}", soft_wrap=True)
    console.print(f"gate: {verdict.outcome} ({verdict.summary})")


def _line(console: Console, finding: Finding) -> None:
    check = f" {finding.check}:" if finding.rule else ""
    line = Text(f" {finding.subject}:{check} {finding.message}")
    console.print(_sign(finding) + line, soft_wrap=True)


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "model", "check"):
        table.add_column(heading, overflow="fold")
    for heading in ("measured", "limit", "room"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("")
    for finding in findings:
        table.add_row(_sign(finding), Text(finding.subject), Text(finding.check), *columns(finding))
    return table


def _sign(finding: Finding) -> Text:
    word, style = SIGNS[finding.status]
    return Text(word, style=style)
