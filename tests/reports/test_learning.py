"""The section about learning: what it is worth, where it is to be left off, and reasons."""

import msgspec
import pytest

from rbench.records import StreamGain, StreamQuality, UpdateTiming
from rbench_reports import learning
from rbench_reports.cells import Sheet
from rbench_reports.html import Html
from rbench_reports.markdown import Markdown

GAIN = StreamGain(users=40, taps=400, frozen=0.1, learning=0.105, low=0.002, high=0.008)
NEW = StreamGain(users=4, taps=90, frozen=0.1, learning=0.1, low=-0.002, high=0.002)
RATES = ({"rate": 1.0, "decay": 0.1}, {"rate": 3.0, "decay": 0.1})


@pytest.fixture
def learnt(small, change):
    """A run of which one file learns, and the other says why not."""

    def edit(record):
        has = record.cell.recipe == "float32"
        said = {"numbers": 64, "state": "variable", "rate": 1.0, "decay": 0.1}
        said = said if has else {"reason": "its table <cannot>"}
        census = {**record.model.census, "personal": said}
        model = msgspec.structs.replace(record.model, census=census)
        if not has:
            return msgspec.structs.replace(record, model=model)
        stream = StreamQuality(known=GAIN, new=NEW, rates=RATES, stored=GAIN)
        update = UpdateTiming(median_us=5.0, round_medians_us=(5.0,))
        return msgspec.structs.replace(
            record,
            model=model,
            quality=msgspec.structs.replace(record.quality, stream=stream),
            timing=msgspec.structs.replace(record.timing, update=update),
        )

    return change(small, edit)


def test_a_file_says_what_learning_is_worth(learnt):
    has, has_not = learning.rows(Sheet.of(learnt))
    assert has.verdict == learning.HELPS
    assert "+0.0020 to +0.0080 (40 users, 400 taps)" in has.known
    assert "(4 users, 90 taps)" in has.new
    rates = "rate 1, decay 0.1 and rate 3, decay 0.1; in the file rate 1, decay 0.1"
    assert has.rates == rates
    assert has.times == (("cpu", "5.0\u00a0µs"),)
    assert has_not.reason == "its table <cannot>"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(0.001, 0.003, learning.HELPS), (-0.001, 0.003, learning.UNSURE), (-3, -1, learning.HARMS)],
)
def test_off_is_said_where_it_does_not_help(low, high, said):
    assert learning.verdict(msgspec.structs.replace(GAIN, low=low, high=high)) == said


def test_both_reports_have_it(learnt):
    page, text = Html().render(learnt), Markdown().render(learnt)
    assert 'id="learning"' in page
    assert "cannot: its table &lt;cannot&gt;" in page
    assert "## Learning on the device" in text
    assert "+0.0020 to +0.0080" in text


def test_a_run_that_was_not_asked_to_learn_has_no_such_section(small):
    assert 'id="learning"' not in Html().render(small)
    assert "Learning on the device" not in Markdown().render(small)
