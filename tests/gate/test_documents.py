"""Budgets and baselines as editors and shells store them, and whatever else lies there."""

import codecs
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import RecordError, StudyError
from rbench.gate import documents, parse_budget, read_baseline, read_budget

TOML = 'max_size_bytes = "300KB"\n'
JSON = json.dumps({"schema": 1, "study": "größer"})
MARKED = [
    (b"", "utf-8"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
]


@pytest.mark.parametrize(("mark", "encoding"), MARKED)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_byte_order_mark_is_no_part_of_a_document(tmp_path, mark, encoding, ends):
    path = tmp_path / "document"
    path.write_bytes(mark + TOML.replace("\n", ends).encode(encoding))
    assert read_budget(path).max_size_bytes == 300_000
    path.write_bytes(mark + JSON.encode(encoding))
    assert read_baseline(path).study == "größer"


ODD = {
    "latin": 'study = "größer"'.encode("latin-1"),
    "binary": bytes(range(256)),
    "half": codecs.BOM_UTF16_LE + b"a",
    "unmarked": TOML.encode("utf-16-le"),
    "deep": b"a = " + b"[" * 100_000,
    "deep json": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000,
    "digits": b"max_size_bytes = " + b"9" * 5000,
    "twice": b"max_size_bytes = 1\nmax_size_bytes = 2\n",
    "date": b"max_size_bytes = 2026-01-01\n",
    "large": b"max_size_bytes = 1" + b"0" * 400,
    "infinite": b"max_size_bytes = inf\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_document_is_one_error(tmp_path, name):
    path = tmp_path / "document"
    path.write_bytes(ODD[name])
    with pytest.raises(StudyError, match="document"):
        read_budget(path)
    with pytest.raises(RecordError, match="document"):
        read_baseline(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"schema": 1, "models": {"\\ud800": {}}}', "ud800 is half a character"),
        ('{"schema": 1, "tool": ["\\udfff"]}', "udfff is half a character"),
        ('{"schema": 1, "schema": 1}', "the key 'schema' stands twice"),
        ('{"schema": 1, "models": {"a": {}, "b": {}, "a": {}}}', "the key 'a' stands twice"),
        ('{"schema": NaN}', "NaN is no number of JSON"),
        ('{"schema": Infinity}', "Infinity is no number of JSON"),
    ],
)
def test_what_a_baseline_says_twice_or_not_at_all(tmp_path, text, says):
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(RecordError, match=says):
        read_baseline(tmp_path / "b.json")


def test_a_folder_is_no_document(tmp_path):
    with pytest.raises(StudyError, match="cannot read the budget: Is a directory"):
        read_budget(tmp_path)
    with pytest.raises(RecordError, match="cannot read the baseline: Is a directory"):
        read_baseline(tmp_path)


def test_a_document_ends_somewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "MOST_BYTES", 10)
    path = tmp_path / "document"
    path.write_bytes(b"#" * 11)
    with pytest.raises(StudyError, match="more than 10 bytes"):
        read_budget(path)
    with pytest.raises(RecordError, match="more than 10 bytes"):
        read_baseline(path)


NUMBERS = ["10" + "0" * 400, "-1", "nan", "inf", "-inf", "true", '""', '"5"', '"nan%"', "1e400"]
NUMBERS += ["2026-01-01", "[]", "{}", '"-5%"', '"1e3"', '" "']
KEYS = {
    "false_alarms = {}\nmax_size_bytes = 1": (),
    "max_size_bytes = {}": ('"5"',),
    **{f"[[cells]]\nsize = {{{{ {key} = {{}} }}}}": ('"5"',) for key in ("max", "warn")},
    **{
        f"[[cells]]\ngzip = {{{{ {key} = {{}} }}}}": ()
        for key in ("max_growth", "warn_growth", "max_drift", "warn_drift")
    },
    "[[cells]]\nsize = {{ max = 1, drift_over = {} }}": (),
    **{
        f"[[cells]]\nquality.mrr = {{{{ {key} = {{}} }}}}": ()
        for key in ("min", "warn", "max_loss", "warn_loss")
    },
    **{
        f"[[cells]]\nlatency = {{{{ {key} = {{}}, machine = 'a', reference.recipe = 'a' }}}}": ()
        for key in ("max_ratio", "warn_ratio", "max_us", "warn_us")
    },
    "[[cells]]\nlatency = {{ max_us = 1, machine = 'a', must_see = {} }}": (),
    "[[cells]]\ndelegation = {{ min = {} }}": (),
    "[[cells]]\ndelegation = {{ warn = {} }}": (),
}
"""A budget with a hole -> the odd numbers that are good there."""


@pytest.mark.parametrize("text", KEYS)
@pytest.mark.parametrize("number", NUMBERS)
def test_no_limit_is_an_odd_number(text, number):
    if number in KEYS[text]:
        assert parse_budget(text.format(number))
        return
    with pytest.raises(StudyError) as caught:
        parse_budget(text.format(number), where="b.toml")
    assert str(caught.value).startswith("b.toml")
    assert len(str(caught.value)) < 1000


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    for read, error in ((read_budget, StudyError), (read_baseline, RecordError)):
        with contextlib.suppress(error):
            read(path)
