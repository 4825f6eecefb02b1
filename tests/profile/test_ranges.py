"""Ranges: what parses, what each type holds, and what is said of the rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.profile.ranges import KINDS, Range, is_whole, limits, objection, parse


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0:1", Range(0, 1)),
        ("-5:-5", Range(-5, -5)),
        ("0.5:1e3", Range(0.5, 1000.0)),
        ("0:99999999999999999999", Range(0, 10**20 - 1)),
        ("3:1", None),
        ("1", None),
        (":", None),
        ("a:b", None),
        ("nan:1", Range(float("nan"), 1)),
    ],
)
def test_what_parses(text, found) -> None:
    assert repr(parse(text)) == repr(found)


@pytest.mark.parametrize(
    ("kind", "fits", "too_much"),
    [
        ("int8", "-128:127", "-129:0"),
        ("uint8", "0:255", "-1:0"),
        ("int16", "-32768:32767", "0:32768"),
        ("int32", "-2147483648:2147483647", "0:2147483648"),
        ("int64", "-9223372036854775808:9223372036854775807", "0:9223372036854775808"),
        ("uint32", "0:4294967295", "0:4294967296"),
        ("bool", "0:1", "0:2"),
        ("float16", "-65504:65504", "0:65505"),
        ("float32", "-3.4e38:3.4e38", "0:3.41e38"),
        ("float64", "-1.7e308:1.7e308", "0:inf"),
        ("complex64", "0:1", "0:1e39"),
    ],
)
def test_a_type_holds_its_range_and_no_more(kind, fits, too_much) -> None:
    assert objection(kind, parse(fits)) == ""
    assert objection(kind, parse(too_much)).startswith(f"{kind} holds ")


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("text", ["0:inf", "-inf:0", "nan:nan", "0:nan"])
def test_what_is_no_number_is_held_by_none(kind, text) -> None:
    known = parse(text)
    assert known is not None
    assert f"{kind} holds" in objection(kind, known)


def test_whole_numbers_only() -> None:
    assert objection("int32", Range(0, 2.0)) == ""
    assert objection("int32", Range(0, 2.5)).endswith("whole numbers only")
    assert objection("int32", Range(0, 2**31)) == "int32 holds -2,147,483,648 to 2,147,483,647"


@given(st.sampled_from(sorted(KINDS)), st.integers(-(10**22), 10**22), st.integers(0, 10**22))
def test_a_range_is_accepted_where_both_ends_are_held(kind, low, width) -> None:
    held = limits(kind)
    fits = held.low <= low and low + width <= held.high
    assert (objection(kind, Range(low, low + width)) == "") == fits


@given(st.text(max_size=12))
def test_no_text_is_a_traceback(text) -> None:
    known = parse(text)
    assert known is None or not known.low > known.high
    for kind in KINDS if known else ():
        assert isinstance(objection(kind, known), str)
        assert is_whole(kind) or kind[0] in "fc"
