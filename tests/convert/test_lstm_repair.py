"""Repairs of fused LSTMs touch what they must, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from rbench.convert.census import take_census
from rbench.convert.lstm_repair import CELL_STATE, repair_cell_states
from rbench.testing.whole import after as passed
from rbench.testing.whole import rewritten

FUSED = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def lstm(pack, kind: str, scale: float, op: str = FUSED) -> bytes:
    places = [-1] * 24
    places[CELL_STATE] = 1
    return pack([b"", b"w" * 8], [("INT8", 1, 0.5), (kind, 0, scale)], [(op, places)])


def scales(content: bytes) -> list[float]:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return [float(tensor.quantization.scale[0]) for tensor in model.subgraphs[0].tensors]


@pytest.mark.parametrize(
    ("found", "served"),
    [(-16, -15), (-22, -15), (-15, -15), (-11, -11), (-9, -9), (-8, -9)],
)
def test_a_cell_state_gets_the_nearest_scale_that_is_served(pack, found, served) -> None:
    before = passed(lstm(pack, "INT16", 2.0**found))
    after = passed(before, repair_cell_states)
    assert scales(after) == [0.5, 2.0**served]
    assert take_census(after) == take_census(before)
    assert (after == before) == (found == served)
    changed = np.frombuffer(before, np.uint8) != np.frombuffer(after, np.uint8)
    assert changed.sum() <= 4, "one float"


@pytest.mark.parametrize(
    ("kind", "op"), [("FLOAT32", FUSED), ("INT16", "FULLY_CONNECTED"), ("INT16", "LSTM")]
)
def test_other_tensors_keep_their_scale(pack, kind, op) -> None:
    before = passed(lstm(pack, kind, 2.0**-20, op))
    assert passed(before, repair_cell_states) == before


def test_values_that_nothing_refers_to_are_dropped(pack) -> None:
    """tf.lite leaves a buffer of memory's leftovers for each state of an LSTM."""

    def content(stray: bytes) -> bytes:
        buffers = [b"", b"weights", stray, b"2.21.0"]
        return pack(buffers, [("INT8", 1)], [("GATHER", ())], metadata=[3])

    one, other = content(b"\xfb\xfb\xfb"), content(b"\x7f\x00\x01")
    assert one != other
    assert rewritten(one) == rewritten(other) == rewritten(content(b""))
    assert b"weights" in rewritten(one)[0]
    assert b"2.21.0" in rewritten(one)[0]
