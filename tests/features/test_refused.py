"""Bad features and filters: an error that says what is wrong, before anything is done."""

import numpy as np
import pytest

from rbench.data import load
from rbench.data.settings import DataSettings
from rbench.errors import RbenchError
from rbench.study import Study
from rbench.sweeping.plan import plan

SMALL = """
encoders = ["bow"]
recipes = ["float32"]
targets = ["cpu"]
[data.synthetic]
users = 5
items = 20
interactions_per_user = 4
"""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[features]\nweather = true", "unknown feature 'weather'"),
        ('[features]\ntime_gaps = "yes"', "time_gaps is 'yes' in [features]"),
        ("[features]\ntime_gaps = 8", "time_gaps is 8 in [features]"),
        ("[features]\ntime_gaps = { bins = 1 }", "from 2 to 64"),
        ("[features]\ntime_gaps = { bins = 10_000 }", "from 2 to 64"),
        ('[features]\ntime_gaps = { bins = "many" }', "feature 'time_gaps'"),
        ("[features]\ntime_gaps = { depth = 3 }", "no option 'depth'"),
        ("[features]\ntime_gaps = { bins = 1e300 }", "no number that can be used"),
        ("[encoder.bow]\nfeatures = true", "no table in [encoder.bow]"),
        ("[encoder.bow.features]\ntime_gaps = 3", "[encoder.bow.features]"),
        ("[encoder.bow.features]\nweather = true", "unknown feature 'weather'"),
        ("[model]\nfeatures = []", "unknown field `features`"),
        ('[convert]\nallowed = "all"', "allowed"),
        ("[convert]\nfilter_sen = true", "unknown field `filter_sen`"),
        ("[convert]\nfilter_seen = true\n[evaluate]\nfilter_history = false", "filter_history"),
    ],
)
def test_a_study_that_cannot_be_is_refused_before_anything_is_done(text, says):
    with pytest.raises(RbenchError) as caught:
        plan(Study.parse(SMALL + text), machine="here")
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_feature_that_is_switched_off_is_none():
    text = "[features]\ntime_gaps = true\n[encoder.bow.features]\ntime_gaps = false"
    made = plan(Study.parse(SMALL + text), machine="here")
    assert made.data.columns == ()
    assert made.cells[0].pipelines[0].train.features == ()


def test_features_are_in_the_keys_of_what_they_change():
    plain, timed, filtered = (
        plan(Study.parse(SMALL + text), machine="here")
        for text in ("", "[features]\ntime_gaps = true", "[convert]\nallowed = true")
    )
    ways = [made.cells[0].pipelines[0] for made in (plain, timed, filtered)]
    for stage in ("train", "compress", "convert", "evaluate"):
        keys = [getattr(way, stage).key for way in ways]
        assert keys[0] != keys[1], stage
        assert (keys[0] == keys[2]) == (stage in ("train", "compress")), stage
    assert timed.data.columns == ("time",)
    assert timed.data.key != plain.data.key
    assert timed.baselines.settings == plain.baselines.settings


def lines(*rows: str):
    return "user,item,time\n" + "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("user,item\n" + "".join(f"u{n % 3},i{n}\n" for n in range(12)), {}, "without times"),
        (lines(*(f"u{n % 3},i{n},{n}" for n in range(12))), {}, "no known unit"),
        (
            lines(*(f"u{n % 3},i{n},{1_600_000_000 + n}" for n in range(12))),
            {"time_unit": "none"},
            "no known unit",
        ),
    ],
)
def test_a_log_without_real_times_has_no_gaps(content, options, says, tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(content)
    if "time" not in content:
        options = {**options, "time_column": "none"}
    settings = DataSettings(path=str(path), user_column="user", item_column="item", **options)
    load(settings)
    with pytest.raises(RbenchError, match=says) as caught:
        load(settings, ["time"])
    assert caught.value.exit_code == 2
    assert "time_gaps" in str(caught.value)


def test_times_are_whole_seconds_beside_the_items(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        lines(*(f"u{n % 2},i{n % 5},{1_600_000_000_500 + 1000 * n}" for n in range(12)))
    )
    found = load(DataSettings(path=str(path)), ["time"])
    assert found.columns["time"].dtype == np.int64
    assert len(found.columns["time"]) == len(found.train.values)
    assert found.columns["time"].min() == 1_600_000_000
    assert found.test.now["time"].tolist() == [1_600_000_010, 1_600_000_011]
    assert found.test.columns["time"].max() == 1_600_000_009
    assert load(DataSettings(path=str(path))).columns == {}
