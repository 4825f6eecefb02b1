"""One step of learning, drawn with builtin operators: what a tap tells of its user.

    shown    = the scores that `recommend` gave out, and the taken item's own where it is not among
               them
    gradient = softmax(shown) . rows of the shown items - row of the taken item
    user     = (1 - decay) user - rate x gradient

That is the gradient of the cross-entropy by the query. Rows are looked up in the file's one item
table, as it is stored. An item that the catalogue does not have (0) teaches nothing.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from rbench.convert.drawing import new_tensor
from rbench.convert.flatbuffer import Graph, Model, Tensor, type_name
from rbench.convert.sketch import Sketch
from rbench.errors import ModelError, Unsupported
from rbench.signatures import UPDATE

FAR = -1e30
"""Added to the score of an item that has one already: its share of the softmax is 0."""
LOOKED_UP = {"INT8": 0, "INT4": 4, "INT2": 4}
"""Type of a table that is looked up in its integers -> version of EMBEDDING_LOOKUP that does so; 0:
GATHER and DEQUANTIZE do, in less than half the time."""


@dataclass(frozen=True)
class Table:
    """The item table in another graph of the model."""

    graph: Graph
    tensor: Tensor

    def seen_from(self, graph: Graph) -> int:
        """Its number there: another tensor that reads the same buffer."""
        mine = copy(self.tensor)
        known = mine.quantization
        blocks = getattr(known, "details", None)
        if blocks is not None and getattr(blocks, "scales", None) is not None:
            mine.quantization, blocks = copy(known), copy(blocks)
            graph.tensors.append(copy(self.graph.tensors[blocks.scales]))
            blocks.scales = len(graph.tensors) - 1
            mine.quantization.details = blocks
        graph.tensors.append(mine)
        return len(graph.tensors) - 1


def check_table(tensor: Tensor) -> None:
    """Raises `Unsupported`: there is no lookup for its type."""
    kind = type_name(tensor)
    if kind not in (*LOOKED_UP, "FLOAT32", "FLOAT16"):
        raise Unsupported(f"no lookup gives floats of an item table of {kind} (LiteRT)")
    known = tensor.quantization
    if kind in LOOKED_UP and known is not None and np.any(known.zeroPoint):
        raise Unsupported("its item table has a zero point that is not 0 (rbench)")
    if kind == "INT8" and known is not None and np.size(known.scale) != 1:
        raise Unsupported("its item table has a scale for each row (rbench)")


@dataclass(frozen=True)
class Given:
    """Tensors that a step is made of, by number in its graph."""

    user: int
    items: int
    scores: int
    query: int
    taken: int


def draw_update(
    sketch: Sketch, given: Given, table: Table, k: int, rate: float, decay: float
) -> int:
    """The next state, float32 ``(1, width)``.

    Args:
        table: of `check_table`'s types.
        k: how many items are shown.
    """
    width = int(table.tensor.shape[1])
    seen = table.seen_from(sketch.graph)
    every = sketch.draw("CONCATENATION", [given.items, given.taken], [1, k + 1], "INT32", axis=1)
    rows = _rows(sketch, seen, every, k + 1, width)
    last, one = (sketch.constant(np.array(n, np.int32), "INT32") for n in ([k, 0], [1, width]))
    row = sketch.draw("SLICE", [rows, last, one], [1, width])
    axis = sketch.constant(np.array([1], np.int32), "INT32")
    score = sketch.draw("MUL", [given.query, row], [1, width])
    score = sketch.draw("SUM", [score, axis], [1, 1], keepDims=True)
    same = sketch.draw("EQUAL", [given.items, given.taken], [1, k], "BOOL")
    among = sketch.draw("REDUCE_ANY", [same, axis], [1, 1], "BOOL", keepDims=True)
    far = sketch.draw("MUL", [sketch.cast(among, [1, 1], "FLOAT32"), sketch.number(FAR)], [1, 1])
    score = sketch.draw("ADD", [score, far], [1, 1])
    shown = sketch.draw("CONCATENATION", [given.scores, score], [1, k + 1], axis=1)
    shares = sketch.draw("SOFTMAX", [shown], [1, k + 1], beta=1.0)
    expected = sketch.draw("BATCH_MATMUL", [shares, rows], [1, width])
    gradient = sketch.draw("SUB", [expected, row], [1, width])
    known = sketch.draw("MINIMUM", [given.taken, sketch.whole(1)], [1, 1], "INT32")
    rate = sketch.draw(
        "MUL",
        [sketch.cast(known, [1, 1], "FLOAT32"), sketch.number(rate)],
        [1, 1],
    )
    step = sketch.draw("MUL", [gradient, rate], [1, width])
    kept = sketch.draw("MUL", [given.user, sketch.number(1 - decay)], [1, width])
    return sketch.draw("SUB", [kept, step], [1, width])


def _rows(sketch: Sketch, table: int, items: int, count: int, width: int) -> int:
    """The items' rows as floats, ``(count, width)``; of item 0, which is none, some row."""
    whole = [1, count]
    places = sketch.draw("SUB", [items, sketch.whole(1)], whole, "INT32")
    places = sketch.draw("MAXIMUM", [places, sketch.whole(0)], whole, "INT32")
    places = sketch.reshape(places, [count])
    kind = type_name(sketch.graph.tensors[table])
    if kind == "INT8":
        like = sketch.graph.tensors[table]
        rows = sketch.draw("GATHER", [table, places], [count, width], like, version=2)
        return sketch.draw("DEQUANTIZE", [rows], [count, width], version=2)
    if kind in LOOKED_UP:
        rows = sketch.draw(
            "EMBEDDING_LOOKUP", [places, table], [count, width], version=LOOKED_UP[kind]
        )
        return _with_half(sketch, table, rows, [count, width]) if kind == "INT2" else rows
    rows = sketch.draw("GATHER", [table, places], [count, width], kind)
    return sketch.cast(rows, [count, width], "FLOAT32") if kind == "FLOAT16" else rows


def _with_half(sketch: Sketch, table: int, rows: int, shape: list[int]) -> int:
    """Of 2 bits: an integer q stands for q + 1/2 steps, see `rbench.convert.two_bits`."""
    half = float(sketch.graph.tensors[table].quantization.scale[0]) / 2
    return sketch.draw("ADD", [rows, sketch.number(half)], shape)


def set_rates(model: Model, rate: float, decay: float) -> None:
    """Let a model's ``update`` take steps of another length, in place.

    Raises:
        ModelError: it has none, or one that was drawn otherwise.
    """
    try:
        graph = _graph_of(model, UPDATE)
        made = {int(one.outputs[0]): one for one in graph.operators if len(one.outputs)}
        kept, step = (made[int(n)] for n in made[int(graph.outputs[0])].inputs)
        scale = made[int(step.inputs[1])]
        found = {int(kept.inputs[1]): 1 - decay, int(scale.inputs[1]): rate}
    except (KeyError, IndexError, StopIteration, ValueError) as error:
        raise ModelError(
            f"no signature {UPDATE!r} as rbench draws it", allowed="a file of [personal]"
        ) from error
    for number, value in found.items():
        buffer = type(model.buffers[0])()
        buffer.data = np.array(value, np.float32).reshape(1).view(np.uint8)
        graph.tensors[number].buffer = len(model.buffers)
        model.buffers.append(buffer)


def _graph_of(model: Model, key: str) -> Graph:
    known = (one for one in model.signatureDefs if one.signatureKey in (key, key.encode()))
    return model.subgraphs[next(known).subgraphIndex]


def new_input(sketch: Sketch, name: str, shape: list[int], kind: str = "FLOAT32") -> int:
    """One more input of the graph."""
    made = new_tensor(sketch.graph, name, shape, kind)
    sketch.graph.inputs = np.array([*sketch.graph.inputs, made], np.int32)
    return made
