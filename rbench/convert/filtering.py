"""What must not be shown is taken out before the ranking, inside the file.

    scores + (allowed - 1) x FAR + FAR x (how often an item stands in the context) -> TOPK_V2

- **allowed** is one more input, float32 ``[1, items]``: 1 for an item that may come back, 0 for one
  that may not; column j is item j + 1. The scores of allowed items stay as they are, bit by bit.
- **seen** items are those of the context, the newest that the file looks at.
- **closed** items never come back: a constant of one byte an item. Updates close what is retired.

Where fewer items are left than the file returns, the places behind them hold item 0, which is none,
and the lowest float32. Done to the finished graph, in floats, so that it is exact in every recipe:
no range was calibrated on what is forbidden. A ranking in two stages (`rbench.convert.two_stages`)
comes after it, and finds the same.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from rbench.convert.drawing import new_constant, new_operator, new_tensor
from rbench.convert.flatbuffer import Graph, Model, Operator, op_name, type_name
from rbench.convert.gpu_ready import NEVER
from rbench.convert.item_table import RANKING, readers
from rbench.errors import StageError
from rbench.features import ALLOWED
from rbench.signatures import INPUT, SIGNATURE

FAR = 1e30
"""What a score loses. Ten thousand times as much is a float32 still: an item may stand in every
position of the longest context."""
CLOSED_STEP = np.float32(FAR)
"""Scale of the constant that closes items: by it they are found again."""
NONE = -FAR / 2
"""A score below it is that of no item."""


def filter_ranking(
    model: Model, *, allowed: bool, seen: bool, closed: Collection[int] = ()
) -> None:
    """Draw what is asked for, in place.

    Args:
        closed: indices of items, from 1, that never come back.

    Raises:
        StageError: the graph ranks in another way than rbench's.
    """
    if allowed or seen or closed:
        _Drawing(model, *_main(model)).of(allowed, seen, closed)


class _Main(NamedTuple):
    """Where a query runs."""

    graph: Graph
    signature: Any


def _main(model: Model) -> _Main:
    for signature in model.signatureDefs or ():
        if signature.signatureKey in (SIGNATURE, SIGNATURE.encode()):
            return _Main(model.subgraphs[signature.subgraphIndex or 0], signature)
    raise StageError(f"no signature {SIGNATURE!r} to filter")


class _Drawing:
    """The operators around one ranking."""

    def __init__(self, model: Model, graph: Graph, signature: Any) -> None:
        self.model, self.graph, self.signature = model, graph, signature
        self.operators: list[Operator] = []

    def of(self, allowed: bool, seen: bool, closed: Collection[int]) -> None:
        """All of them, in their places."""
        ranked = [n for n, o in enumerate(self.graph.operators) if self._is(o, RANKING)]
        if len(ranked) != 1:
            raise StageError(f"{len(ranked)} {RANKING} operators to filter, where one was due")
        place = ranked[0]
        ranking = self.graph.operators[place]
        scores = self._floats(int(ranking.inputs[0]))
        self.items = [int(size) for size in self.graph.tensors[scores].shape]
        if closed:
            scores = self._draw("ADD", [scores, self._closed(closed)], self.items)
        if allowed:
            scores = self._draw("ADD", [scores, self._forbidden()], self.items)
        if seen:
            scores = self._draw("ADD", [scores, self._seen()], self.items)
        ranking.inputs = np.array([scores, *ranking.inputs[1:]], np.int32)
        before, self.operators = self.operators, []
        best, columns = (int(tensor) for tensor in ranking.outputs)
        result = self._float_result(best)
        ranking.outputs = np.array([self._like(result, "best"), columns], np.int32)
        named = self._named(columns)
        self._nobody(int(ranking.outputs[0]), result, named)
        self.graph.operators[place:place] = before
        self.graph.operators += self.operators

    def _floats(self, scores: int) -> int:
        tensor = self.graph.tensors[scores]
        if type_name(tensor) == "FLOAT32":
            return scores
        return self._draw("DEQUANTIZE", [scores], [int(n) for n in tensor.shape], version=2)

    def _forbidden(self) -> int:
        """0 for what is allowed, `FAR` below it for what is not."""
        from ai_edge_litert import schema_py_generated as schema

        asked = new_tensor(self.graph, f"{SIGNATURE}_{ALLOWED}:0", self.items, "FLOAT32")
        self.graph.inputs = np.array([*self.graph.inputs, asked], np.int32)
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = ALLOWED.encode(), asked
        self.signature.inputs.append(entry)
        less = self._draw("SUB", [asked, self._number(1.0)], self.items)
        return self._draw("MUL", [less, self._number(FAR)], self.items)

    def _closed(self, closed: Collection[int]) -> int:
        """0 for what may come back, `FAR` below it for what may not: made once, at load."""
        from ai_edge_litert import schema_py_generated as schema

        marks = np.zeros(self.items, np.int8)
        marks[..., np.array(sorted(closed)) - 1] = -1
        stored = new_constant(self.model, self.graph, "closed", marks, "INT8")
        known = schema.QuantizationParametersT()
        known.scale, known.zeroPoint = np.array([CLOSED_STEP]), np.zeros(1, np.int64)
        self.graph.tensors[stored].quantization = known
        return self._draw("DEQUANTIZE", [stored], self.items, version=2)

    def _seen(self) -> int:
        """`FAR` below 0 for each time that an item stands in the context. Padding adds nothing to
        the first item.
        """
        context = next(
            entry.tensorIndex
            for entry in self.signature.inputs
            if entry.name in (INPUT, INPUT.encode())
        )
        shape = [int(size) for size in self.graph.tensors[context].shape]
        length = shape[-1]
        one, zero = self._whole(1), self._whole(0)
        rows = self._draw("SUB", [context, one], shape, "INT32")
        rows = self._draw("MAXIMUM", [rows, zero], shape, "INT32")
        places = self._reshape(rows, [length, 1], "INT32")
        there = self._draw("MINIMUM", [context, one], shape, "INT32")
        marks = self._cast(there, shape, "INT32", "FLOAT32")
        marks = self._draw("MUL", [marks, self._number(-FAR)], shape)
        flat = self._reshape(marks, [length], "FLOAT32")
        size = self._constant(np.array([self.items[-1]], np.int32))
        return self._draw("SCATTER_ND", [places, flat, size], [self.items[-1]])

    def _float_result(self, best: int) -> int:
        """The float scores that come out; what made floats of small integers is not needed."""
        if type_name(self.graph.tensors[best]) == "FLOAT32":
            return best
        found = [(n, o) for n, o in readers(self.graph, best) if self._is(o, "DEQUANTIZE")]
        if len(found) != 1:
            raise StageError("the scores that come out are no floats")
        number, operator = found[0]
        del self.graph.operators[number]
        return int(operator.outputs[0])

    def _named(self, columns: int) -> Operator:
        """What makes items of columns: it adds 1, last of all."""
        found = [o for _, o in readers(self.graph, columns) if self._is(o, "ADD")]
        if len(found) != 1:
            raise StageError("items are not columns and 1 more")
        self.graph.operators.remove(found[0])
        return found[0]

    def _nobody(self, best: int, result: int, named: Operator) -> None:
        """Item 0 and the lowest score behind the items that are left."""
        items, shape = int(named.outputs[0]), self._shape(best)
        found = self._draw("GREATER_EQUAL", [best, self._number(NONE)], shape, "BOOL")
        counted = self._cast(found, shape, "BOOL", "INT32")
        named.outputs = np.array([self._like(items, "named")], np.int32)
        self.operators.append(named)
        self._into("MUL", [int(named.outputs[0]), counted], items)
        self._into("SELECT_V2", [found, best, self._number(NEVER)], result)

    def _draw(
        self,
        name: str,
        inputs: list[int],
        shape: list[int],
        kind: str = "FLOAT32",
        version: int = 1,
    ) -> int:
        made = new_tensor(self.graph, "filter", shape, kind)
        self._into(name, inputs, made, version)
        return made

    def _into(self, name: str, inputs: list[int], output: int, version: int = 1) -> None:
        self.operators.append(new_operator(self.model, name, inputs, [output], version))

    def _reshape(self, tensor: int, shape: list[int], kind: str) -> int:
        sizes = np.array(shape, np.int32)
        made = self._draw("RESHAPE", [tensor, self._constant(sizes)], shape, kind)
        self.operators[-1].builtinOptions.newShape = sizes
        return made

    def _cast(self, tensor: int, shape: list[int], kind: str, to: str) -> int:
        from ai_edge_litert import schema_py_generated as schema

        made = self._draw("CAST", [tensor], shape, to)
        options = self.operators[-1].builtinOptions
        options.inDataType = getattr(schema.TensorType, kind)
        options.outDataType = getattr(schema.TensorType, to)
        return made

    def _like(self, tensor: int, name: str) -> int:
        one = self.graph.tensors[tensor]
        return new_tensor(self.graph, name, self._shape(tensor), type_name(one))

    def _shape(self, tensor: int) -> list[int]:
        return [int(size) for size in self.graph.tensors[tensor].shape]

    def _number(self, number: float) -> int:
        return new_constant(
            self.model, self.graph, "filter", np.array(number, np.float32), "FLOAT32"
        )

    def _whole(self, number: int) -> int:
        return self._constant(np.array(number, np.int32))

    def _constant(self, numbers: Any) -> int:
        return new_constant(self.model, self.graph, "filter", numbers, "INT32")

    def _is(self, operator: Operator, name: str) -> bool:
        return op_name(self.model, operator) == name
