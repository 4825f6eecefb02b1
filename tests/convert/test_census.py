"""The census counts what is there, and says so where nothing sound is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.convert.census import take_census
from rbench.errors import ModelError


@pytest.fixture(scope="module")
def small(pack) -> bytes:
    return pack(
        buffers=[b"", b"f" * 40, b"i" * 10, b"h" * 6, b"never referred to"],
        tensors=[
            ("FLOAT32", 1),
            ("FLOAT32", 1),
            ("INT8", 2),
            ("FLOAT16", 3),
            ("FLOAT32", 0),
        ],
        operators=[("GATHER", ()), ("FULLY_CONNECTED", ()), ("GATHER", ()), ("BATCH_MATMUL", ())],
    )


def test_operators_and_constants_are_counted(small) -> None:
    ops, constants = take_census(small)
    assert ops == {"BATCH_MATMUL": 1, "FULLY_CONNECTED": 1, "GATHER": 2}
    assert constants == {"FLOAT16": 6, "FLOAT32": 40, "INT8": 10}, "a shared buffer counts once"
    assert list(ops) == sorted(ops)


def test_a_buffer_counts_under_its_first_tensors_type(pack) -> None:
    content = pack([b"", b"x" * 12], [("INT4", 1), ("FLOAT32", 1)], [])
    assert take_census(content) == ({}, {"INT4": 12})


def test_an_operator_beyond_the_old_codes_keeps_its_name(pack) -> None:
    content = pack([b""], [], [("STABLEHLO_ADD", ()), ("GELU", ()), ("CUSTOM", ())])
    assert take_census(content)[0] == {"CUSTOM": 1, "GELU": 1, "STABLEHLO_ADD": 1}


def test_an_empty_graph_is_no_fault(pack) -> None:
    assert take_census(pack([b""], [], [])) == ({}, {})


@pytest.mark.parametrize("content", [b"", b"TFL3", b"PK\x03\x04", b"\x00" * 100])
def test_what_is_no_tflite_is_refused(content) -> None:
    with pytest.raises(ModelError, match="TFL3"):
        take_census(content)


def refused_or_counted(content: bytes) -> None:
    """Any other exception, or a refusal in other words, fails the test."""
    try:
        ops, constants = take_census(content)
    except ModelError as error:
        refused = error
    else:
        assert all(count > 0 for count in (*ops.values(), *constants.values()))
        return
    assert "no sound .tflite" in refused.what
    assert "torn" in refused.remedy


@given(content=st.binary(max_size=200))
def test_garbage_behind_the_identifier_is_refused_or_counted(pack, content) -> None:
    refused_or_counted(content[:4].ljust(4, b"\x08") + b"TFL3" + content[4:])


@given(data=st.data())
def test_a_damaged_file_is_refused_or_counted(small, data) -> None:
    content = bytearray(small)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    refused_or_counted(bytes(content))


@given(length=st.integers(8, 10_000))
def test_a_torn_file_is_refused_or_counted(small, length) -> None:
    refused_or_counted(small[:length])


def test_half_a_file_is_refused(small) -> None:
    with pytest.raises(ModelError, match="no sound"):
        take_census(small[: len(small) // 2])
