"""Sizes as people write them."""

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import UsageError
from rbench.gate.sizes import LARGEST, UNITS, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("300KB", 300_000),
        ("300kB", 300_000),
        ("300 KB", 300_000),
        ("300KiB", 307_200),
        ("1.5MB", 1_500_000),
        ("1.5 MiB", 1_572_864),
        ("0.1MB", 100_000),
        ("1GB", 1_000_000_000),
        ("1GiB", 1_073_741_824),
        ("12B", 12),
        (" 12345 ", 12_345),
        ("1.9", 1),
    ],
)
def test_units(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "is no size"),
        ("KB", "is no size"),
        ("-5KB", "is no size"),
        ("1e3", "is no size"),
        ("3,000", "is no size"),
        ("300  KB", "is no size"),
        ("٣KB", "is no size"),
        ("nan", "is no size"),
        ("300kb", "unknown unit 'kb'"),
        ("300 mib", "unknown unit 'mib'"),
        ("0", "less than one byte"),
        ("0.5B", "less than one byte"),
    ],
)
def test_wrong_sizes_are_explained(text, cause):
    with pytest.raises(UsageError) as caught:
        parse_size(text)
    assert cause in str(caught.value)
    assert "KiB" in caught.value.allowed
    assert caught.value.remedy


@given(st.integers(1, 10**15 - 1))
def test_a_bare_number_counts_bytes_exactly(size):
    assert parse_size(str(size)) == size


NUMBERS = st.decimals(min_value=1, max_value=999_999, places=3)


@given(
    NUMBERS, st.sampled_from(sorted(UNITS)), st.sampled_from(["", " "]), st.sampled_from(["", " "])
)
def test_a_number_and_a_unit_are_their_product(number, unit, between, around):
    text = f"{around}{number}{between}{unit}{around}"
    assert parse_size(text) == int(Fraction(number) * UNITS[unit])


@given(st.decimals(min_value=0, max_value=10**15 - 1, places=3), st.sampled_from(sorted(UNITS)))
def test_a_size_is_from_one_byte_to_the_largest_or_it_is_refused(number, unit):
    exact = Fraction(number) * UNITS[unit]
    if 1 <= int(exact) <= LARGEST:
        assert parse_size(f"{number:f}{unit}") == int(exact)
    else:
        with pytest.raises(UsageError, match=r"less than one byte|more than any file has"):
            parse_size(f"{number:f}{unit}")


@given(st.integers(1, 999), st.text(st.characters(categories=["L"]), min_size=1, max_size=4))
def test_no_other_unit_is_guessed(number, unit):
    if unit in UNITS:
        return
    with pytest.raises(UsageError) as caught:
        parse_size(f"{number}{unit}")
    assert caught.value.allowed


@given(st.text(max_size=20))
def test_no_text_raises_anything_but_a_usage_error(text):
    with contextlib.suppress(UsageError):
        assert parse_size(text) >= 1


def test_bytes_for_people():
    assert format_size(1) == "1 byte"
    assert format_size(312_400) == "312,400 bytes"
