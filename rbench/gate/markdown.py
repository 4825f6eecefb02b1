"""A verdict as Markdown, for a comment on a pull request or a job's summary."""

from __future__ import annotations

import re

from rbench.gate.columns import columns
from rbench.gate.verdict import Finding, Status, Verdict
from rbench.text.shown import line

_SIGNS: dict[Status, str] = {
    "fail": "❌ fail",
    "warn": "⚠️ warn",
    "not comparable": "❔ not comparable",
    "pass": "✅ pass",
}
"""A sign and the word: colour and shape are never alone."""
MOST_ROWS = 150
"""In a table; a comment on GitHub holds 65,536 characters."""
_LINK = re.compile(r":(?=//)|(?<=\bwww)\.", re.IGNORECASE)
"""What makes a link of a bare address."""
_BLOCK = re.compile(r"^(\d*)([#+.)-](?=[\s#-]|$)|:(?=:))")
"""What begins a heading, a list, a rule or an order to GitHub's runner in front of a line."""
_HEAD = "| verdict | of | check | measured | limit | room | |\n|---|---|---|--:|--:|--:|---|\n"


def markdown(verdict: Verdict, title: str = "") -> str:
    """The verdict, what failed or warned with its message, and all else folded away."""
    named = f" of {escaped(title)}" if title else ""
    parts = [f"### rbench gate{named}: {verdict.outcome}\n\n{verdict.summary}\n"]
    loud = [one for one in verdict.findings if one.status == "warn" or verdict.fails(one)]
    calm = [one for one in verdict.findings if not (one.status == "warn" or verdict.fails(one))]
    if loud:
        parts.append(_table(loud))
    if calm:
        parts.append(
            f"<details><summary>{len(calm)} more</summary>\n\n{_table(calm)}\n</details>\n"
        )
    if verdict.notes:
        parts.append("".join(f"- {escaped(note)}\n" for note in verdict.notes))
    return "\n".join(parts)


def _table(findings: list[Finding]) -> str:
    rest = len(findings) - MOST_ROWS
    more = f"\n… and {rest} more that `rbench gate` prints.\n" if rest > 0 else ""
    return _HEAD + "".join(map(_row, findings[:MOST_ROWS])) + more


def _row(finding: Finding) -> str:
    measured, limit, room, unit = columns(finding)
    said = unit
    loud = finding.status in ("fail", "warn") and finding.unit != "bytes"
    if loud or not finding.measured:
        said = escaped(finding.message)
    cells = (
        _SIGNS[finding.status],
        escaped(finding.subject),
        escaped(finding.check),
        *(f"{number} {unit}".strip() if number else "" for number in (measured, limit, room)),
        said if said != unit else "",
    )
    return "| " + " | ".join(cells) + " |\n"


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is, on one line, wherever it stands in it."""
    said = " ".join(line(text).split())
    said = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = _LINK.sub(lambda found: f"&#{ord(found[0])};", said)
    said = re.sub(r"(?<![\w])@", "&#64;", said)
    said = re.sub(r"([\\`*_{}\[\]|~$])", r"\\\1", said)
    return _BLOCK.sub(r"\1\\\2", said)
