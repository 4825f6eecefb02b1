"""The table of slices: which quarter of the users, and what older records do not tell."""

import math

import msgspec

from rbench.records import Estimate, Slice
from rbench_reports import slices
from rbench_reports.cells import Sheet
from rbench_reports.html import Html


def test_every_file_and_baseline_has_a_row(small):
    sheet = Sheet.of(small)
    heads = [head for _, head in slices.columns(small, sheet)]
    assert heads == [
        "New users (≤ 12)",
        "Heavy users (≥ 140)",
        "Rare targets (≤ 9)",
        "Popular targets (≥ 160)",
    ]
    rows = slices.rows(small, sheet)
    assert [row.name for row in rows if row.kind == "baseline"] == list(small.info.baselines)
    assert [row.recipe for row in rows if row.kind == "file"] == ["float32", "dynamic_wi8"]
    quality = small.records[0].quality
    first = next(row for row in rows if row.kind == "file")
    rare = quality.slices["rare_targets"].ndcg
    assert first.scores[2][0] == f"{rare.value:.4f}"
    assert first.novelty.startswith(f"{quality.novelty:.2f}")
    page = Html().render(small)
    assert 'id="slices"' in page
    assert "Rare targets (≤ 9)" in page


def test_older_records_have_none(small, change):
    def older(record):
        quality = msgspec.structs.replace(
            record.quality, slices={}, novelty=None, popularity_lift=None
        )
        return msgspec.structs.replace(record, quality=quality)

    assert 'id="slices"' not in Html().render(change(small, older, baselines={}))


def test_strange_slices_are_no_heads_and_no_numbers_are_gaps(small, change):
    nothing = Estimate(value=math.nan, low=math.nan, high=math.inf)
    odd = {
        "<b>": Slice(users=1, bound=1, ndcg=nothing),
        "rare_targets": Slice(users=1, bound=-3, ndcg=nothing),
    }

    def strange(record):
        quality = msgspec.structs.replace(record.quality, slices=odd, novelty=math.nan)
        return msgspec.structs.replace(record, quality=quality)

    run = change(small, strange, baselines={})
    assert [name for name, _ in slices.columns(run, Sheet.of(run))] == ["rare_targets"]
    page = Html().render(run)
    assert "<b>" not in page[page.index('id="slices"') :][:3000]
    assert slices.rows(run, Sheet.of(run))[0].scores[0][0] == "not a number"
