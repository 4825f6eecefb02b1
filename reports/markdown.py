"""The Markdown report: for a pull request, a wiki or a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rbench.compare import Comparison
from rbench.records import Run, caveats
from rbench_reports import compare_markdown, federated, learning, quality, taps
from rbench_reports.cells import Sheet
from rbench_reports.markdown_text import bullets, table, title
from rbench_reports.metrics import METRICS, NDCG, P50, SIZE
from rbench_reports.recommend import advise


class Markdown:
    """`rbench report RUN --format markdown`."""

    suffix = ".md"

    def render(self, run: Run, baseline: Run | None = None) -> str:
        """What to ship, every cell with its numbers, and what is not simply ok. A baseline adds
        nothing: see ``rbench compare``.
        """
        sheet = Sheet.of(run)
        heads = ["encoder", "recipe", "target", "state", *(_head(sheet, m.key) for m in METRICS)]
        rows = [
            [
                *(cell.name, cell.recipe, cell.target, cell.state.word),
                *(sheet.text(cell, metric) for metric in METRICS),
            ]
            for cell in sheet.cells
        ]
        parts = [
            title(run.info.study or "A run without a run.json"),
            _lead(run, sheet),
            *_notes(run),
            *_advice(run, sheet),
            title("Every cell", 2),
            table(heads, rows, numbers=len(METRICS)),
            *_taps(sheet),
            *_learning(sheet),
            *_federated(run, sheet),
            *_reasons(sheet),
        ]
        return "\n\n".join(parts) + "\n"

    def compare(self, comparison: Comparison) -> str:
        """What changed, with its interval, and why something cannot be compared."""
        return compare_markdown.text(comparison)


def _head(sheet: Sheet, key: str) -> str:
    metric = next(one for one in METRICS if one.key == key)
    unit = sheet.scales[key].unit
    return f"{metric.label}, {unit}" if unit and key != "delegated" else metric.label


def _lead(run: Run, sheet: Sheet) -> str:
    facts = [f"{len(sheet.cells)} cells: " + _counts(sheet)]
    if run.info.data:
        facts.append(f"data {run.info.data.name}, scored on {quality.users(sheet)} users")
    if run.info.machine:
        facts.append(f"timed on {run.info.machine.cpu or run.info.machine.name}")
    if run.info.created:
        facts.append(run.info.created)
    return bullets(facts)


def _notes(run: Run) -> Iterator[str]:
    """What is missing, and what the scores cannot say."""
    said = [*caveats.gaps(run), *caveats.notes_of(run)]
    if said:
        yield bullets([f"note: {one}" for one in said])


def _counts(sheet: Sheet) -> str:
    return ", ".join(f"{number} {word}" for word, number in sheet.counts().items()) or "none"


def _advice(run: Run, sheet: Sheet) -> Iterator[str]:
    advice = advise(run, sheet)
    yield title(advice.headline, 2)
    yield bullets([advice.explanation, *advice.cautions])
    for pick in advice.picks:
        numbers = ", ".join(f"{m.label} {sheet.full(pick.cell, m)}" for m in (NDCG, SIZE, P50))
        yield title(f"{', '.join(pick.roles)}: {pick.cell.record.cell}", 3)
        yield bullets([numbers, *pick.why])


def _taps(sheet: Sheet) -> Iterator[str]:
    """Nothing of a run that was not asked for them."""
    rows = taps.rows(sheet)
    if rows:
        yield title("Item by item", 2)
        yield table(taps.HEADS, [taps.cells_of(row) for row in rows])


def _learning(sheet: Sheet) -> Iterator[str]:
    """Nothing of a run whose files were not asked to."""
    rows = learning.rows(sheet)
    if rows:
        yield title("Learning on the device", 2)
        yield table(learning.HEADS, [learning.cells_of(row) for row in rows])


def _federated(run: Run, sheet: Sheet) -> Iterator[str]:
    """Nothing of a run without such trainings."""
    rows = federated.rows(run, sheet)
    if rows:
        yield title("Federated training", 2)
        yield table(federated.HEADS, [federated.cells_of(row) for row in rows])


def _reasons(sheet: Sheet) -> Iterator[str]:
    odd = [cell for cell in sheet.cells if cell.odd]
    if odd:
        yield title("Cells that are not simply ok", 2)
        rows = [(cell.state.word, str(cell.record.cell), cell.reason) for cell in odd]
        yield table(("state", "cell", "reason"), rows)
