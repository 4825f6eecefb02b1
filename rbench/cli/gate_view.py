"""What `rbench gate` prints, in each of its formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rbench.cli.screen import Screen, Table, words
from rbench.cli.terminal import document, json_document
from rbench.gate import Finding, Verdict
from rbench.gate.columns import columns

if TYPE_CHECKING:
    from rich.text import Text

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
        json_document(_document(verdict, about), enc_hook=_plain)
    elif kind == "markdown":
        from rbench.gate.markdown import markdown

        document(markdown(verdict, about.get("run") or ""))
    elif kind == "junit":
        from rbench.gate.junit import junit

        document(junit(verdict))
    elif kind == "github":
        from rbench.gate.github import github

        document(github(verdict))
    else:
        _show(verdict)


def show_error(message: str, kind: str) -> None:
    """Print why there is no verdict, for what reads documents; people find it on stderr."""
    if kind == "json":
        said = {"outcome": "error", "exit_code": 2, "error": message, "findings": [], "notes": []}
        json_document(said)
    elif kind == "markdown":
        from rbench.gate.markdown import escaped

        document(f"### rbench gate: error\n\n{escaped(message)}")
    elif kind == "junit":
        from rbench.gate.junit import junit_error

        document(junit_error(message))
    elif kind == "github":
        from rbench.gate.github import github_error

        document(github_error(message))


def _document(verdict: Verdict, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **about,
        "outcome": verdict.outcome,
        "exit_code": verdict.exit_code,
        "summary": verdict.summary,
        "findings": verdict.findings,
        "notes": verdict.notes,
    }


def _plain(amount: Any) -> int | float:
    """Sizes and shares are the numbers that they are made of."""
    return int(amount) if isinstance(amount, int) else float(amount)


def _show(verdict: Verdict) -> None:
    console = Screen()
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
        console.say(f"note: {note}")
    console.say(f"gate: {verdict.outcome} ({verdict.summary})")


def _line(console: Screen, finding: Finding) -> None:
    check = f" {finding.check}:" if finding.rule else ""
    console.say(SIGNS[finding.status], " ", f"{finding.subject}:{check} {finding.message}")


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "model", "check"):
        table.add_column(heading, overflow="fold")
    for heading in ("measured", "limit", "room"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("")
    for finding in findings:
        table.add_row(_sign(finding), finding.subject, finding.check, *columns(finding))
    return table


def _sign(finding: Finding) -> Text:
    return words(SIGNS[finding.status])
