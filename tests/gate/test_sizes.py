"""Sizes as people write them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import UsageError
from rbench.gate.sizes import format_size, parse_size


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


@given(st.text(max_size=20))
def test_no_text_raises_anything_but_a_usage_error(text):
    with contextlib.suppress(UsageError):
        assert parse_size(text) >= 1


def test_bytes_for_people():
    assert format_size(1) == "1 byte"
    assert format_size(312_400) == "312,400 bytes"
