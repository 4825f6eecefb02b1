"""Columns of the log as inputs: what is read, what it comes to, what is refused."""

import numpy as np
import pytest

from rbench.data import DataSettings, load, open_dataset, save
from rbench.errors import RbenchError
from rbench.features.log_columns import Category, Number
from rbench.study import Study
from rbench.sweeping.plan import plan

ROWS = [
    (f"u{n % 3}", f"i{n % 5}", 1_600_000_000 + 1000 * n, n / 10, "ab-c"[n % 4]) for n in range(15)
]


def csv(rows=ROWS, header="user,item,time,rating,event"):
    return header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def log(tmp_path):
    def make(name="log.csv", content=""):
        path = tmp_path / name
        path.write_text(content or csv())
        return DataSettings(path=str(path))

    return make


COLUMNS = ["number:rating", "text:event"]


def by_item(dataset, name):
    """(user's place, item's name) -> value, over training."""
    train = dataset.train
    return [
        (dataset.vocabulary[item], value)
        for item, value in zip(train.values, dataset.columns[name], strict=True)
    ]


def test_values_stand_beside_their_interactions(log, tmp_path):
    save(load(log(), COLUMNS), tmp_path / "kept")
    found = open_dataset(tmp_path / "kept")
    known = {(item, rating): event for _, item, _, rating, event in ROWS}
    pairs = by_item(found, "number:rating")
    events = by_item(found, "text:event")
    assert len(pairs) == len(found.train.values) == 9
    for (item, rating), (_, event) in zip(pairs, events, strict=True):
        assert known[item, rating] == event
    assert found.test.now["number:rating"].tolist() == [1.2, 1.3, 1.4]
    assert found.columns["text:event"].dtype.kind == "U"


def test_other_formats_have_them_too(log, tmp_path):
    due = load(log(), COLUMNS).columns
    lines = "\n".join(
        f'{{"user": "{u}", "item": "{i}", "time": {t}, "rating": {r}, "event": "{e}"}}'
        for u, i, t, r, e in ROWS
    )
    found = load(log("log.jsonl", lines), COLUMNS).columns
    assert {name: found[name].tolist() for name in found} == {n: due[n].tolist() for n in due}
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    names = ("user", "item", "time", "rating", "event")
    table = pa.table(dict(zip(names, map(list, zip(*ROWS, strict=True)), strict=True)))
    parquet.write_table(table, tmp_path / "log.parquet")
    settings = DataSettings(path=str(tmp_path / "log.parquet"))
    found = load(settings, COLUMNS).columns
    assert {name: found[name].tolist() for name in found} == {n: due[n].tolist() for n in due}
    dat = "".join(f"{u[1]}::{i[1]}::{r * 2:g}::{t}\n" for u, i, t, r, _ in ROWS)
    found = load(log("ratings.dat", dat), ["number:rating"]).columns["number:rating"]
    assert found.tolist() == (2 * due["number:rating"]).round(6).tolist()


def test_steps_places_and_scaled_numbers():
    number = Number(label="rating", low=1, high=5, bins=4)
    assert number.values(np.array([0.0, 1, 1.9, 2, 4.99, 5, 9]), None).tolist() == [
        *(1, 1, 1, 2, 4, 4, 4),
    ]
    scaled = Number(label="dwell", high=10, bins=0)
    assert scaled.values(np.array([-5.0, 2.5, 20]), None).tolist() == [0.0, 0.25, 1.0]
    assert (number.dtype, scaled.dtype) == ("int32", "float32")
    words = Category(label="event", words=("view", "buy"))
    assert words.values(np.array(["buy", "view", "sell"]), None).tolist() == [2, 1, 3]
    assert "1 for" not in words.meaning
    assert "3 for any other" in words.meaning


@pytest.mark.parametrize(
    "feature",
    [
        Number(label="rating", high=5, bins=5),
        Number(label="rating", high=5, bins=0),
        Category(label="event", words=("0.0", "1.0")),
    ],
    ids=["steps", "scaled", "words"],
)
def test_they_keep_the_contract(feature):
    pytest.importorskip("tf_keras", reason="drawing a graph needs rbench[sweep]")
    from rbench.testing import check_feature

    check_feature(feature)


SMALL = 'encoders = ["bow"]\nrecipes = ["float32"]\ntargets = ["cpu"]\n'


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ('rating = { use = "numbers" }', "unknown feature 'numbers'"),
        ("rating = { use = 3 }", "use is no name of a feature in rating"),
        ('rating = { use = "number", low = 5, high = 1 }', "low must be below high"),
        ('rating = { use = "number", bins = 1 }', "bins must be 0, or a whole number from 2"),
        ('"a b" = { use = "number" }', "a label that is a name"),
        ('event = { use = "category" }', "words must name from 1 to 1000 values, not 0"),
        ('event = { use = "category", words = ["a", "a"] }', "words names 'a' twice"),
        ('event = { use = "category", words = "view" }', "feature 'category'"),
        ('gaps = { use = "time_gaps" }', "no option 'label'"),
        ('context = { use = "number" }', "two features make one input"),
        (
            'a = { use = "number", label = "x" }\nb = { use = "number", label = "x" }',
            "two features make one input",
        ),
    ],
)
def test_a_study_that_cannot_be(features, says):
    with pytest.raises(RbenchError) as caught:
        plan(Study.parse(f"{SMALL}[features]\n{features}"), machine="here")
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "columns", "says"),
    [
        ("", ["number:price"], "no column 'price'; allowed: the columns there: 'user'"),
        ("", ["number:event"], "column 'event' holds"),
        (csv([(u, i, t, "", e) for u, i, t, _, e in ROWS]), ["number:rating"], "holds ''"),
        (csv([(u, i, t, "nan", e) for u, i, t, _, e in ROWS]), ["number:rating"], "'nan'"),
    ],
)
def test_a_log_without_such_values(content, columns, says, log):
    with pytest.raises(RbenchError) as caught:
        load(log(content=content), columns)
    assert says in str(caught.value)


@pytest.mark.parametrize("settings", [DataSettings()], ids=["synthetic"])
def test_a_log_that_has_no_columns(settings):
    with pytest.raises(RbenchError, match="beside"):
        load(settings, ["number:rating"])


def test_features_of_one_kind_have_jobs_of_their_own():
    text = (
        f'{SMALL}[features]\nrating = {{ use = "number", high = 5 }}\n'
        'event = { use = "category", words = ["a"] }\n'
        'also = { use = "number", log_column = "rating" }'
    )
    made = plan(Study.parse(text), machine="here")
    specs = made.cells[0].pipelines[0].train.features
    assert [(one.name, one.label) for one in specs] == [
        ("number", "also"),
        ("category", "event"),
        ("number", "rating"),
    ]
    assert made.data.columns == ("number:rating", "text:event")


def test_lists_of_values_stand_beside_lists_of_items(log):
    content = "user_id,item_ids,ratings\n" + "".join(
        f'u{n},"[1, 2, 3, 4]","[{n}, 2, 3, 4]"\n' for n in range(3)
    )
    found = load(log("lists.csv", content), ["number:ratings"])
    assert found.columns["number:ratings"].tolist() == [0, 2, 1, 2, 2, 2]
    assert found.test.now["number:ratings"].tolist() == [4, 4, 4]
