"""A verdict as GitHub's workflow commands: annotations on the pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from rbench.gate.verdict import Status, Verdict
from rbench.text.shown import line

_LEVELS: dict[Status, str] = {"fail": "error", "warn": "warning", "not comparable": "notice"}
"""Status -> command; what passes needs no annotation."""


def github(verdict: Verdict) -> str:
    """One line for each finding that did not pass, and one plain line with the verdict."""
    lines = [
        f"::{'error' if verdict.fails(finding) else _LEVELS[finding.status]} "
        f"title={_property(f'{finding.subject}: {finding.check}')}::{_data(finding.message)}"
        for finding in verdict.findings
        if finding.status in _LEVELS
    ]
    if verdict.outcome == "nothing measured":
        lines.append("::error title=rbench gate::nothing was measured or comparable")
    lines += [f"note: {_data(note)}" for note in verdict.notes]
    lines.append(f"gate: {verdict.outcome} ({verdict.summary})")
    return "\n".join(lines) + "\n"


def github_error(message: str) -> str:
    """The line for a gate that could not work."""
    return f"::error title=rbench gate::{_data(message)}\n"


def _data(text: str) -> str:
    return line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
