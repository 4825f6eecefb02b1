"""Budget files: what they mean, and what is said of those that are wrong."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.errors import StudyError
from rbench.gate import parse_budget, read_budget
from rbench.gate.amounts import Share, Size, amount, percent

FULL = """
schema = 1
max_size_bytes = "300KB"
strict = true
false_alarms = "1%"

[[cells]]
encoder = "gru*"
recipe = "*wi8*"
target = "xnnpack"
optional = true
size = { warn = 100_000, max = "200KB", warn_growth = "1%", max_growth = 0.05, drift_over = 4 }
gzip = { max_drift = "10%", warn_drift = "5%" }
latency = { max_ratio = 1, reference = { encoder = "gru" } }
delegation = { delegate = "xnnpack", min = "90%", warn = 1.0 }

[cells.quality."ndcg@10"]
min = 0.1
max_loss = "2.5%"

[[files]]
path = "app/**/*.tflite"
size = { max = "1MiB" }
"""


def test_a_full_budget():
    limits = parse_budget(FULL)
    assert (limits.max_size_bytes, limits.strict, limits.false_alarms) == (300_000, True, 0.01)
    (rule,) = limits.cells
    assert (rule.encoder, rule.recipe, rule.target, rule.optional) == (
        "gru*",
        "*wi8*",
        "xnnpack",
        True,
    )
    assert (rule.size.warn, rule.size.max, rule.size.max_growth) == (100_000, 200_000, 0.05)
    assert rule.quality["ndcg@10"].max_loss == 0.025
    assert rule.latency.reference.encoder == "gru"
    assert (rule.delegation.min, rule.delegation.warn) == (0.9, 1.0)
    assert limits.files[0].size.max == 1024**2


CELL = "[[cells]]\n"
WRONG = {
    "": "sets no limit; allowed: [[cells]], [[files]], max_size_bytes, update_bytes",
    "strict = true": "sets no limit",
    "[[cells]\n": "no TOML: ",
    "schema = 2\nmax_size_bytes = 1": "schema 2 is unknown; allowed: 1",
    "max_sise = 1": "b.toml: unknown key 'max_sise'; allowed: cells, false_alarms, files, ",
    'max_size_bytes = "300kb"': "key max_size_bytes: '300kb': unknown unit 'kb'; allowed: ",
    "max_size_bytes = 0": "key max_size_bytes: 0 is no size; allowed: ",
    "max_size_bytes = true": "True is no size",
    "max_size_bytes = 1.5": "1.5 is no size",
    'max_size_bytes = 1\nfalse_alarms = "50%"': "false_alarms must lie between",
    'max_size_bytes = 1\nstrict = "yes"': "key strict: a value of type str; allowed: true or ",
    "cells = 3": "key cells: cells is no list of tables; allowed: tables headed [[cells]]",
    "[cells]\nsize = 3": "key cells: cells is no list of tables",
    "cells = [3]": "key cells[0]: a value of type int; allowed: a table",
    CELL: "key cells[0]: sets no limit; allowed: size, gzip, quality, latency, delegation",
    CELL + "size = {}": "key cells[0].size: sets no limit; allowed: max, warn, max_growth, ",
    CELL + "size = 3": "key cells[0].size: a value of type int; allowed: a table",
    CELL + "size = { most = 3 }": "key cells[0].size: unknown key 'most'; allowed: drift_over, ",
    CELL + 'size = { max = "3 kilo" }': "key cells[0].size.max: '3 kilo': unknown unit",
    CELL + "size = { max = 3, warn = 4 }": "key cells[0].size: warn is above max (4 > 3)",
    CELL + 'size = { max_growth = "-5%" }': "key cells[0].size.max_growth: '-5%' is no share; ",
    CELL + "size = { max_growth = nan }": "nan is no share",
    CELL + "size = { max = 3, drift_over = 1 }": "drift_over must be from 2 to 20, not 1",
    CELL + "size = { max = 3, drift_over = 2.5 }": "drift_over: a value of type float; allowed: a",
    CELL + "recipe = 3\nsize = { max = 3 }": "key cells[0].recipe: a value of type int; allowed: ",
    CELL + 'quality."ndcg@10" = {}': 'key cells[0].quality["ndcg@10"]: sets no limit; allowed: mi',
    CELL
    + "quality.mrr = { mim = 1 }\nsize = { max = 1 }": "quality[\"mrr\"]: unknown key 'mim'; al",
    CELL + "quality.mrr = { min = 2 }": "min must lie between",
    CELL + "quality.mrr = { min = nan }": "min must lie between",
    CELL + "quality.mrr = { min = 0.2, warn = 0.1 }": "min is above warn",
    CELL + 'quality.mrr = { max_loss = "101%" }': "max_loss must lie between",
    CELL + "latency = { max_ratio = 1.0 }": "max_ratio and warn_ratio need reference",
    CELL + "latency = { max_ratio = 0, reference = { recipe = 'a' } }": "max_ratio must be a numb",
    CELL + "latency = { max_ratio = inf, reference = { recipe = 'a' } }": "must be a number above",
    CELL + "latency = { max_ratio = 1e308, reference = { recipe = 'a' } }": "and up to 1e+09",
    CELL + "latency = { max_us = 1, machine = 'a', must_see = 9 }": "must_see must lie between",
    CELL + "latency = { max_ratio = 1, reference = {} }": "names no reference; allowed: encoder, ",
    CELL + "latency = { max_ratio = 1, reference = { rcp = 'a' } }": "unknown key 'rcp'; allowed: ",
    CELL + "latency = { max_us = 10.0 }": "max_us and warn_us need machine",
    CELL + "delegation = { delegate = 'npu' }": "unknown delegate 'npu'; allowed: gpu, xnnpack",
    CELL + 'delegation = { min = "101%" }': "min must lie between",
    "[[files]]\nsize = { max = 1 }": "key files[0]: the key 'path' is missing",
    "[[files]]\npath = '*.tflite'": "key files[0]: sets no limit; allowed: size, gzip",
    "[[files]]\npath = '/x'\nsize = { max = 1 }": "path '/x' must be relative to the budget file",
    "[[files]]\npath = '.'\nsize = { max = 1 }": "path '.' must be relative",
    "[[files]]\npath = ''\nsize = { max = 1 }": "path '' must be relative",
    "[[files]]\npath = '../x'\nsize = { max = 1 }": "path '../x' must be relative",
    "[[files]]\npath = 'a**b'\nsize = { max = 1 }": "** stands for whole folders",
    "[[files]]\npath = 'a/**'\nsize = { max = 1 }": "** stands for whole folders",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_named(text):
    with pytest.raises(StudyError) as caught:
        parse_budget(text, where="b.toml")
    said = str(caught.value)
    assert said.startswith("b.toml")
    assert WRONG[text] in said
    assert "\n" not in said or "no TOML" in said


def test_a_second_rule_is_counted():
    good = CELL + "size = { max = 1 }\n"
    with pytest.raises(StudyError, match=r"key cells\[1\].size.max"):
        parse_budget(good + CELL + 'size = { max = "" }')


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(StudyError, match=r"nowhere.toml: cannot read the budget: No such file"):
        read_budget(tmp_path / "nowhere.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xff")
    with pytest.raises(StudyError, match="no UTF-8 text"):
        read_budget(tmp_path / "odd.toml")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["5%", "300KB", "xnnpack", "0%", 1, 0.5]),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
KEYS = ["max", "warn", "max_growth", "warn_drift", "min", "max_loss", "max_ratio", "reference"]
KEYS += ["machine", "max_us", "delegate", "path", "encoder", "optional", "odd"]
TABLES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)
INSIDE = st.sampled_from(["size", "gzip", "latency", "delegation", "quality", "odd"])


def _toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(c if c.isalnum() or c in " %." else "_" for c in value) + '"'
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" = {_toml(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return '""' if value is None else repr(value)


@settings(deadline=None)
@given(
    st.sampled_from(["cells", "files"]),
    st.dictionaries(INSIDE | st.sampled_from(KEYS), TABLES | VALUES, max_size=3),
)
def test_no_budget_raises_anything_but_a_study_error(head, table):
    text = f"[[{head}]]\n" + "\n".join(f'"{k}" = {_toml(v)}' for k, v in table.items())
    with contextlib.suppress(StudyError):
        limits = parse_budget(text)
        assert limits.cells or limits.files


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_study_error(text):
    with contextlib.suppress(StudyError):
        parse_budget(text)


@given(st.integers(0, 10_000))
def test_percents_and_shares_are_the_same_number(hundredths):
    whole, part = divmod(hundredths, 100)
    assert amount(Share, f"{whole}.{part:02}%") == amount(Share, hundredths / 10_000)


@given(st.floats() | st.integers() | st.text(max_size=10) | st.booleans() | st.none())
def test_no_value_raises_anything_but_a_value_error(value):
    for kind in (Size, Share):
        with contextlib.suppress(ValueError):
            assert amount(kind, value) >= 0


def test_percents_for_people():
    assert percent(0.0312) == "3.12 %"
    assert percent(0.0312, sign=True) == "+3.12 %"
