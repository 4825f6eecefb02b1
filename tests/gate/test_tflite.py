"""What a gate reads of a .tflite: whether it is one, whole, and where its weights lie."""

import io
import struct
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.gate.tflite import Elsewhere, NoModelError, elsewhere
from rbench.testing.flat import recommender
from rbench.testing.model_file import EMPTY, model_of


def read(content):
    return elsewhere(io.BytesIO(content), len(content))


@cache
def whole():
    """A recommender's file."""
    table = np.random.default_rng(1).normal(size=(12, 4)).astype(np.float32)
    return recommender(table)


def test_the_schema_s_own_reader_reads_the_smallest_file():
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(EMPTY, 0)
    assert (model.version, len(model.subgraphs), len(model.buffers)) == (3, 1, 1)
    assert len(model_of(1000)) == 1000
    assert read(model_of(1000)) == ()


def test_a_whole_file_keeps_its_weights():
    assert read(whole()) == ()


def test_a_file_that_ends_early_is_torn():
    """At every byte of a small one: 16 bytes at most are padding that nothing points to."""
    content = whole()
    passed = [size for size in range(len(content)) if not _torn(content[:size])]
    assert len(passed) <= 16
    assert all(size > len(content) - 16 for size in passed)


def _torn(content):
    try:
        read(content)
    except NoModelError:
        return True
    return False


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "fetch it with `git lfs pull`"),
        (b"../.git/annex/objects/1a/2b/SHA256E-s700--0", "fetch it with `git annex get`"),
        (b"<!DOCTYPE html>\n<html></html>", "it looks like a web page, the identifier TFL3"),
        (b"\r\n <HTML>", "it looks like a web page"),
        (b"PK\x03\x04" + b"\0" * 40, "it looks like a zip archive"),
        (b"\x1f\x8b\x08\0" + b"\0" * 40, "it looks like gzip"),
        (b"\x08\x07\x12\x07pytorch", "is no .tflite: the identifier TFL3 is missing"),  # ONNX
        (bytes(700), "is no .tflite: the identifier TFL3 is missing"),
        (b"\x1c\0\0\0TFL3", "is no whole .tflite"),
        (b"\xff\xff\xff\xffTFL3" + bytes(100), "is no whole .tflite"),
    ],
)
def test_what_is_no_model(content, says):
    with pytest.raises(NoModelError) as caught:
        read(content)
    assert says in str(caught.value)


@given(st.binary(max_size=400))
def test_bytes_behind_the_identifier_raise_nothing_else(content):
    _torn(b"\x08\0\0\0TFL3" + content)


@given(st.data())
def test_a_changed_file_raises_nothing_else(data):
    content = bytearray(whole())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 4))
        word = data.draw(st.sampled_from([0, 1, 4, 2**16, 2**31 - 1, 2**31, 2**32 - 1]))
        content[at : at + 4] = struct.pack("<I", word)
    _torn(bytes(content))


def test_weights_in_other_files_are_named(external):
    content = external((1, 0, 0, 25_600), (2, 0, 25_600, 400), (3, 1, 8, 2), names=("a", "b/c"))
    assert read(content) == (Elsewhere("a", 26_000), Elsewhere("b/c", 10))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"group": 7}, "not in which"),
        ({"uses": 2}, "does not say in which"),
        ({"names": ("n" * 5000,)}, "5,000 letters"),
    ],
)
def test_weights_that_cannot_be_found(external, changes, says):
    content = external((1, changes.pop("group", 0), 0, 4), **changes)
    with pytest.raises(NoModelError, match=says):
        read(content)


def test_data_behind_the_tables_is_in_the_file_or_it_is_torn():
    """Files beyond 2 GB keep their buffers behind the tables, by offset and size."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def with_buffer(offset, size):
        model = schema.ModelT.InitFromPackedBuf(EMPTY, 0)
        model.buffers[0].offset, model.buffers[0].size = offset, size
        builder = flatbuffers.Builder(256)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    end = len(with_buffer(1000, 24))
    assert read(with_buffer(1000, 24).ljust(1024, b"\0")) == ()
    assert end < 1000
    with pytest.raises(NoModelError, match="torn"):
        read(with_buffer(1000, 25).ljust(1024, b"\0"))
