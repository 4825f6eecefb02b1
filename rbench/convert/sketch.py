"""A graph that is drawn operator by operator: a new one, or more of one that is there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.convert.drawing import new_constant, new_operator, new_tensor
from rbench.convert.flatbuffer import Graph, Model, Operator, Tensor


class Sketch:
    """Collects operators over the tensors of one graph. `place` puts them into it.

    Args:
        graph: that gets them; an empty one, entered as the model's last, where there is none.
    """

    def __init__(self, model: Model, graph: Graph | None = None, name: str = "") -> None:
        self.model = model
        self.graph = _empty(model, name) if graph is None else graph
        self.operators: list[Operator] = []

    def draw(
        self,
        name: str,
        inputs: list[int],
        shape: list[int],
        like: Tensor | str = "FLOAT32",
        version: int = 1,
        **options: Any,
    ) -> int:
        """One operator with one result, whose number is given back."""
        made = new_tensor(self.graph, name.lower(), shape, like)
        self.into(name, inputs, [made], version, **options)
        return made

    def into(
        self,
        name: str,
        inputs: list[int],
        outputs: list[int],
        version: int = 1,
        **options: Any,
    ) -> None:
        """One operator whose results have their tensors already.

        Args:
            options: fields of the operator's options.
        """
        made = new_operator(self.model, name, inputs, outputs, version)
        for field, value in options.items():
            setattr(made.builtinOptions, field, value)
        self.operators.append(made)

    def cast(self, tensor: int, shape: list[int], to: str) -> int:
        """The same numbers in another type."""
        made = self.draw("CAST", [tensor], shape, to)
        options = self.operators[-1].builtinOptions
        options.inDataType = self.graph.tensors[tensor].type
        options.outDataType = self.graph.tensors[made].type
        return made

    def reshape(self, tensor: int, shape: list[int]) -> int:
        """The same numbers in another form, of the same type and scale."""
        sizes = np.array(shape, np.int32)
        like = self.graph.tensors[tensor]
        return self.draw(
            "RESHAPE", [tensor, self.constant(sizes, "INT32")], shape, like, newShape=sizes
        )

    def constant(self, numbers: NDArray[Any], kind: str, name: str = "number") -> int:
        """A tensor with these numbers."""
        return new_constant(self.model, self.graph, name, numbers, kind)

    def number(self, value: float) -> int:
        """A float32 scalar."""
        return self.constant(np.array(value, np.float32), "FLOAT32")

    def whole(self, value: int) -> int:
        """An int32 scalar."""
        return self.constant(np.array(value, np.int32), "INT32")

    def place(self, at: int) -> None:
        """Put what was drawn since the last time before the graph's operator of that number."""
        self.graph.operators[at:at] = self.operators
        self.operators = []


def end(name: str, tensor: int) -> Any:
    """A tensor as an input or output of a signature, under its name there."""
    from ai_edge_litert import schema_py_generated as schema

    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name.encode(), tensor
    return entry


def _empty(model: Model, name: str) -> Graph:
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.SubGraphT()
    graph.name, graph.tensors, graph.operators = name.encode(), [], []
    graph.inputs = graph.outputs = np.zeros(0, np.int32)
    model.subgraphs.append(graph)
    return graph
