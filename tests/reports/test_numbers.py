import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench_reports.numbers import Scale, alone, change, finite, scale


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("bytes", 312, "312 B"),
        ("bytes", 57_856, "57.9 kB"),
        ("bytes", 2_105_000, "2.105 MB"),
        ("bytes", 8 * 1024**3, "8.590 GB"),
        ("us", 31.7, "31.7 µs"),
        ("us", 4_200.4, "4,200 µs"),
        ("us", 31_700.0, "31.70 ms"),
        ("share", 0.714, "71 %"),
        ("score", 0.15733, "0.1573"),
        ("us", None, "\N{EN DASH}"),
        ("us", math.nan, "not a number"),
        ("us", -math.inf, "not a number"),
        ("score", 1e300, "1e+300"),
        ("score", 0.0, "0.0000"),
        ("score", 1.2e-9, "1.2e-09"),
    ],
)
def test_one_number(kind, value, text):
    assert alone(kind, value).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_column_has_one_unit():
    column = scale("bytes", [900, 57_856, 120_000, None, math.nan])
    assert column.unit == "kB"
    assert [column.text(value) for value in (900, 57_856)] == ["0.9", "57.9"]


@pytest.mark.parametrize(
    ("new", "old", "text"),
    [
        (29, 100, "\N{MINUS SIGN}71 %"),
        (100, 100, "±0.0 %"),
        (104.2, 100, "+4.2 %"),
        (1, 0, "\N{EN DASH}"),
        (None, 1, "\N{EN DASH}"),
        (math.nan, 1, "\N{EN DASH}"),
        (1e300, 1, "+1.0e+302 %"),
    ],
)
def test_change(new, old, text):
    assert change(new, old).replace("\N{NO-BREAK SPACE}", " ") == text


@given(st.floats(), st.sampled_from(["bytes", "us", "score", "share", "count"]))
def test_any_number_is_short(value, kind):
    assert 0 < len(alone(kind, value)) < 24
    assert (finite(value) is None) == (alone(kind, value) == "not a number")


def test_a_scale_of_nothing():
    assert isinstance(scale("us", []), Scale)
