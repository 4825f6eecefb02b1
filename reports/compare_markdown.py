"""A comparison as Markdown, for a pull request: what changed first, all else below."""

from __future__ import annotations

from collections.abc import Sequence

from rbench.compare import Comparison, Difference
from rbench_reports.compare_text import amount, interval, moved, visible
from rbench_reports.markdown_text import bullets, table, title
from rbench_reports.numbers import MISSING

HEADS = ("", "of", "number", "how", "before", "after", "change", "interval", "seen from")
MARKS = {"better": "▲ better", "worse": "▼ worse", "unchanged": "= unchanged"}
"""A mark and the word: neither colour nor shape is alone."""
MOST_CELLS = 5
"""Named for one reason; the rest are counted."""


def text(comparison: Comparison) -> str:
    """The whole comparison."""
    changed = (*comparison.of("worse"), *comparison.of("better"))
    parts = [
        title(f"{comparison.before.folder} and {comparison.after.folder}: what changed"),
        bullets(filter(None, [comparison.summary, *comparison.notes, comparison.sight])),
    ]
    if comparison.unlike:
        rows = [(one.what, one.before, one.after, one.effect) for one in comparison.unlike]
        parts += [title("The runs differ in", 2), table(("", "before", "after", "so"), rows)]
    if changed:
        parts += [title("Better or worse", 2), _table(changed)]
    reasons = list(comparison.reasons())
    if reasons:
        parts.append(title("Not comparable", 2))
    for reason, ones in reasons:
        named = ", ".join(f"{one.subject} ({one.metric})" for one in ones[:MOST_CELLS])
        rest = f" and {len(ones) - MOST_CELLS} more" if len(ones) > MOST_CELLS else ""
        parts.append(bullets([f"{reason}: {named}{rest}"]))
    unchanged = comparison.of("unchanged")
    if unchanged:
        parts += [title("Unchanged within noise", 2), _table(unchanged)]
    return "\n\n".join(parts) + "\n"


def _table(differences: Sequence[Difference]) -> str:
    rows = [
        (
            MARKS.get(one.verdict, one.verdict),
            one.subject,
            one.metric,
            one.reason,
            amount(one, one.before),
            amount(one, one.after),
            moved(one),
            interval(one) or MISSING,
            visible(one) or MISSING,
        )
        for one in differences
    ]
    return table(HEADS, rows, numbers=5)
