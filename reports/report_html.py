"""The page of ``rbench report``: one self-contained file that opens offline, for deciding what to
ship.
"""

from __future__ import annotations

from rbench.records import Run, caveats
from rbench.text.shown import json_text
from rbench_reports import (
    against,
    constants,
    effects,
    explain,
    federated,
    files,
    groups,
    latency,
    learning,
    matrix,
    metrics,
    noise,
    ops,
    paired,
    provenance,
    quality,
    seeds,
    slices,
    taps,
)
from rbench_reports.cells import STATES, Cell, Sheet
from rbench_reports.charts import chart_data, colour, recipe_shape
from rbench_reports.csv_rows import csv_text
from rbench_reports.page import packed, plotly, render
from rbench_reports.pareto import front_cells
from rbench_reports.recommend import advise
from rbench_reports.rows import record_rows


def page(run: Run, baseline: Run | None = None) -> str:
    """The page. Every number on it comes from the run's records or its run.json."""
    sheet = Sheet.of(run)
    advice = advise(run, sheet)
    front = front_cells(sheet)
    pairing = paired.pairs(run, sheet)
    inside = constants.contents(sheet)
    pick = advice.picks[0].cell if advice.picks else None
    return render(
        "page.html",
        run=run,
        sheet=sheet,
        metrics=metrics,
        states=STATES,
        colour=colour,
        shape=lambda index: recipe_shape(sheet.recipes[index], index),
        advice=advice,
        front=front,
        front_numbers={cell.number for cell in front},
        comparison=against.compare(run, sheet, baseline) if baseline else None,
        glance=matrix.glance(sheet),
        panels=matrix.panels(sheet),
        reasons=provenance.reasons(run, _reasons(sheet)),
        gaps=caveats.gaps(run),
        notes=caveats.notes_of(run),
        quality_columns=quality.columns(run),
        quality_rows=quality.rows(run, sheet, pairing),
        tap_rows=taps.rows(sheet),
        learning_rows=learning.rows(sheet),
        federated_rows=federated.rows(run, sheet),
        quality_users=quality.users(sheet),
        slice_columns=slices.columns(run, sheet),
        slice_rows=slices.rows(run, sheet),
        explanations=explain.explanations(sheet, pairing),
        effects=effects.effects(sheet, pairing),
        reference=paired.REFERENCE,
        pairing=pairing,
        groups=groups.groups(sheet),
        resolutions=noise.resolutions(run),
        seed_rows=seeds.seed_rows(pairing),
        seeds=pairing.seeds,
        op_table=ops.op_table(sheet),
        contents=inside,
        files=files.file_rows(sheet),
        timings=latency.timing_table(sheet),
        run_facts=provenance.run_facts(run),
        data_facts=provenance.data_facts(run),
        runners=provenance.runners(sheet),
        machines=provenance.machine_facts(run),
        versions=provenance.versions(run),
        protocol=provenance.protocol(run),
        chart=chart_data(sheet, front, pick, pairing, inside),
        records_json=packed(json_text(run.records)),
        records_csv=packed(csv_text(record_rows(run))),
        plotly=plotly(),
    )


def _reasons(sheet: Sheet) -> list[tuple[str, str, str, str]]:
    def text(cell: Cell) -> str:
        record = cell.record
        return (record.reason or "no reason was recorded") if record.state != "ok" else cell.reason

    return [
        (cell.state.word, cell.record.stage, text(cell), str(cell.record.cell))
        for cell in sheet.cells
        if cell.odd
    ]
