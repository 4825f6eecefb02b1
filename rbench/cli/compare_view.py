"""What `rbench compare` prints beside the document that it writes."""

from __future__ import annotations

from rbench.cli.screen import Screen, Table, words
from rbench.compare import Comparison, Difference

SIGNS = {"better": ("better", "green"), "worse": ("WORSE", "bold red")}
MOST_ROWS = 40
"""Of the table; the document has them all."""


def show(comparison: Comparison) -> None:
    """Print what changed, why something could not be compared, and how small a loss is seen."""
    console = Screen()
    changed = (*comparison.of("worse"), *comparison.of("better"))
    if changed:
        console.print(_table(changed[:MOST_ROWS]))
    if len(changed) > MOST_ROWS:
        console.say(f"… and {len(changed) - MOST_ROWS} more")
    for reason, ones in comparison.reasons():
        more = f" and {len(ones) - 1} more" if len(ones) > 1 else ""
        console.say(f"not comparable: {ones[0].subject} ({ones[0].metric}){more}: {reason}")
    for note in (*comparison.notes, *filter(None, [comparison.sight])):
        console.say(f"note: {note}")
    console.say(f"compare: {comparison.summary}")


def _table(differences: tuple[Difference, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "of", "number"):
        table.add_column(heading, overflow="fold")
    for heading in ("before", "after", "change", "from", "to"):
        table.add_column(heading, justify="right", overflow="fold")
    for one in differences:
        numbers = (
            _number(one.before),
            _number(one.after),
            *map(_share, (one.change, one.low, one.high)),
        )
        table.add_row(words(SIGNS[one.verdict]), one.subject, one.metric, *numbers)
    return table


def _number(value: float | None) -> str:
    if value is None:
        return ""
    whole = 1000 <= value < 1e12 or value in (0.0, 1.0)
    return f"{value:,.0f}" if whole else f"{value:.4g}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:+.3g} %"
