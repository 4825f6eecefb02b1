"""The section about taps: times beside the whole context, agreement, and reasons."""

import msgspec
import pytest

from rbench.records import TapQuality, TapTiming
from rbench_reports import taps
from rbench_reports.cells import Sheet
from rbench_reports.html import Html
from rbench_reports.markdown import Markdown

SAID = TapQuality(
    contexts=300,
    max_score_difference=0.02,
    score_spread=1.5,
    top10_overlap=0.994,
    longer=40,
    ndcg={"recommend": 0.1, "tap": 0.102, "low": -0.003, "high": 0.007},
)


@pytest.fixture
def tapped(small, change):
    """A run of which one file has a tap, and the other says why not."""

    def edit(record):
        has = record.cell.recipe == "float32"
        said = {"numbers": 64} if has else {"reason": "its scheme <cannot>"}
        model = msgspec.structs.replace(record.model, census={**record.model.census, "tap": said})
        if not has:
            return msgspec.structs.replace(record, model=model)
        tap = TapTiming(median_us=20.0, round_medians_us=(20.0,), ratio=0.42)
        return msgspec.structs.replace(
            record,
            model=model,
            quality=msgspec.structs.replace(record.quality, tap=SAID),
            timing=msgspec.structs.replace(record.timing, tap=tap),
        )

    return change(small, edit)


def test_a_file_says_what_a_tap_costs_and_what_it_knows(tapped):
    has, has_not = taps.rows(Sheet.of(tapped))
    assert (has.encoder, has.recipe, has.state) == ("gru", "float32", "64 numbers")
    ((target, text),) = has.times
    assert target == "cpu"
    assert text.startswith("20.0\u00a0µs, 0.42 of ")
    assert "99.4 % of the ten best" in has.agreement
    assert "300 sequences" in has.agreement
    assert "-0.0030 to +0.0070 (40 users)" in has.beyond
    assert has_not.reason == "its scheme <cannot>"


def test_both_reports_have_it(tapped):
    page, text = Html().render(tapped), Markdown().render(tapped)
    assert 'id="taps"' in page
    assert "none: its scheme &lt;cannot&gt;" in page
    assert "## Item by item" in text
    assert "0.42 of" in text


def test_a_run_that_was_not_asked_for_taps_has_no_such_section(small):
    assert 'id="taps"' not in Html().render(small)
    assert "Item by item" not in Markdown().render(small)
