"""A file that learns its user: one vector, added to the query, and the signatures around it.

The query is what the encoder makes of a context and what scores the items. `recommend` adds the
state ``user`` to it and gives it out; ``update`` is fed with what `recommend` said and the item
that was taken, and moves the state (`rbench.convert.learning`). The item table is the file's own,
as it is stored, and stays: with a state of zeros the file answers as it would without, bit by bit.

The state is a variable of the runtime, which all signatures of one interpreter share, or a tensor
that the app hands in. It is drawn into finished graphs, behind every scheme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rbench.convert.flatbuffer import Graph, Model, type_name
from rbench.convert.item_table import ItemTable, NoTableError, find_item_table
from rbench.convert.learning import Given, Table, check_table, draw_update, new_input
from rbench.convert.settings import PersonalSettings
from rbench.convert.sketch import Sketch, end
from rbench.convert.tidying import tidy
from rbench.errors import Unsupported
from rbench.signatures import (
    NEXT,
    OUTPUT_ITEMS,
    OUTPUT_SCORES,
    QUERY,
    RESET,
    RESTORE,
    SAVE,
    UPDATE,
    USER,
)

QUANTIZED = {"INT8": 2, "INT16": 3}
"""Type of a query that was quantized -> version of DEQUANTIZE."""


def add_personal(model: Model, settings: PersonalSettings) -> dict[str, Any]:
    """Give a finished model a state of its user and what moves it, in place.

    Returns:
        What the record says: ``numbers`` of the state and where it lies, or the ``reason`` why
        there is none; the model is as it was then.
    """
    try:
        asked = [_asked(model, signature) for signature in model.signatureDefs]
    except NoTableError as error:
        return {"reason": f"no query to add to: {error} (rbench)"}
    except Unsupported as error:
        return {"reason": error.what}
    width, first = asked[0].width, asked[0]
    variable = _Variable(model, width) if settings.state == "variable" else None
    for one in asked:
        _add_user(model, one, variable)
    _update(model, first, variable, settings)
    if variable is not None:
        _keepers(model, variable)
    tidy(model)
    return {
        "numbers": width,
        "state": settings.state,
        "rate": settings.rate,
        "decay": settings.decay,
    }


@dataclass(frozen=True)
class _Asked:
    """A signature that ranks."""

    signature: Any
    graph: Graph
    table: ItemTable
    query: int
    """What scores the items, ``(1, width)``."""
    width: int
    k: int

    @property
    def lookup(self) -> Table:
        return Table(self.graph, self.graph.tensors[self.table.lookup])


def _asked(model: Model, signature: Any) -> _Asked:
    """Raises NoTableError, Unsupported: it ranks in another way than rbench's."""
    graph = model.subgraphs[int(signature.subgraphIndex)]
    found = find_item_table(model, graph)
    check_table(graph.tensors[found.lookup])
    width = int(graph.tensors[found.lookup].shape[1])
    query = int(graph.operators[found.scorer].inputs[0])
    tensor = graph.tensors[query]
    if [int(size) for size in tensor.shape] != [1, width] or type_name(tensor) not in (
        "FLOAT32",
        *QUANTIZED,
    ):
        raise Unsupported(f"its query is {type_name(tensor)} {list(tensor.shape)} (rbench)")
    items = next(
        int(entry.tensorIndex)
        for entry in signature.outputs
        if entry.name in (OUTPUT_ITEMS, OUTPUT_ITEMS.encode())
    )
    return _Asked(signature, graph, found, query, width, int(graph.tensors[items].shape[1]))


def _add_user(model: Model, asked: _Asked, variable: _Variable | None) -> None:
    """Score with ``query + user``, and give that out, in floats."""
    sketch, graph = Sketch(model, asked.graph), asked.graph
    shape = [1, asked.width]
    if variable is not None:
        user = variable.read(sketch)
        sketch.place(0)
    else:
        user = new_input(sketch, f"{_key(asked.signature)}_{USER}:0", shape)
        asked.signature.inputs.append(end(USER, user))
    query, tensor = asked.query, graph.tensors[asked.query]
    made = [n for n, one in enumerate(graph.operators) if query in [int(t) for t in one.outputs]]
    kind = type_name(tensor)
    floats = query
    if kind in QUANTIZED:
        floats = sketch.draw("DEQUANTIZE", [query], shape, version=QUANTIZED[kind])
    found = moved = sketch.draw("ADD", [floats, user], shape)
    if kind in QUANTIZED:
        moved = sketch.draw("QUANTIZE", [found], shape, tensor, version=QUANTIZED[kind])
    for operator in graph.operators:
        operator.inputs = np.where(np.asarray(operator.inputs) == query, moved, operator.inputs)
    sketch.place(made[0] + 1)
    _give_out(asked, QUERY, found)


def _key(signature: Any) -> str:
    """A signature's name; a file's are bytes."""
    key = signature.signatureKey
    return key.decode() if isinstance(key, bytes) else str(key)


def _give_out(asked: _Asked, name: str, tensor: int) -> None:
    asked.graph.outputs = np.array([*asked.graph.outputs, tensor], np.int32)
    asked.signature.outputs.append(end(name, tensor))


def _update(
    model: Model, asked: _Asked, variable: _Variable | None, settings: PersonalSettings
) -> None:
    sketch, width, k = Sketch(model, name=UPDATE), asked.width, asked.k
    inputs = {
        OUTPUT_ITEMS: new_input(sketch, OUTPUT_ITEMS, [1, k], "INT32"),
        OUTPUT_SCORES: new_input(sketch, OUTPUT_SCORES, [1, k]),
        QUERY: new_input(sketch, QUERY, [1, width]),
        NEXT: new_input(sketch, NEXT, [1, 1], "INT32"),
    }
    ends = list(inputs.values())
    if variable is None:
        user = inputs[USER] = new_input(sketch, USER, [1, width])
    else:
        user = variable.read(sketch)
    given = Given(user, *ends)
    after = draw_update(sketch, given, asked.lookup, k, settings.rate, settings.decay)
    if variable is not None:
        variable.write(sketch, after)
    _sign(sketch, UPDATE, inputs, after)


def _keepers(model: Model, variable: _Variable) -> None:
    """What carries the state out of the runtime and back."""
    save = Sketch(model, name=SAVE)
    _sign(save, SAVE, {}, variable.read(save))
    restore = Sketch(model, name=RESTORE)
    given = new_input(restore, USER, variable.shape)
    variable.handle(restore)
    after = restore.reshape(given, variable.shape)
    variable.write(restore, after)
    _sign(restore, RESTORE, {USER: given}, after)
    reset = Sketch(model, name=RESET)
    variable.handle(reset)
    after = reset.reshape(variable.zeros(reset), variable.shape)
    variable.write(reset, after)
    _sign(reset, RESET, {}, after)


def _sign(sketch: Sketch, key: str, inputs: dict[str, int], after: int) -> None:
    """Close a graph and make it a signature that gives out the state."""
    from ai_edge_litert import schema_py_generated as schema

    sketch.place(0)
    sketch.graph.outputs = np.array([after], np.int32)
    made = schema.SignatureDefT()
    made.signatureKey, made.subgraphIndex = key.encode(), len(sketch.model.subgraphs) - 1
    made.inputs = [end(name, tensor) for name, tensor in inputs.items()]
    made.outputs = [end(USER, after)]
    sketch.model.signatureDefs.append(made)


class _Variable:
    """The state inside the runtime: zeros until it is written."""

    def __init__(self, model: Model, width: int) -> None:
        self.shape = [1, width]
        sketch = Sketch(model, name="empty_user")
        self.start = len(model.subgraphs) - 1
        self.write(sketch, self.zeros(sketch), self._handle(sketch))
        sketch.place(0)

    def zeros(self, sketch: Sketch) -> int:
        """The empty state."""
        return sketch.constant(np.zeros(self.shape, np.float32), "FLOAT32", "nothing")

    def handle(self, sketch: Sketch) -> int:
        """What a graph says before it reads or writes: that there is a first value."""
        sketch.into("CALL_ONCE", [], [], initSubgraphIndex=self.start)
        return self._handle(sketch)

    def read(self, sketch: Sketch) -> int:
        """The state's tensor in a graph."""
        return sketch.draw("READ_VARIABLE", [self.handle(sketch)], self.shape)

    def write(self, sketch: Sketch, tensor: int, handle: int | None = None) -> None:
        """Keep a tensor, in a graph that has a handle."""
        place = handle if handle is not None else self._known(sketch)
        sketch.into("ASSIGN_VARIABLE", [place, tensor], [])

    def _handle(self, sketch: Sketch) -> int:
        return sketch.draw("VAR_HANDLE", [], [], "RESOURCE", sharedName=USER, container="")

    def _known(self, sketch: Sketch) -> int:
        return next(
            int(one.outputs[0])
            for one in sketch.operators
            if one.builtinOptions is not None and hasattr(one.builtinOptions, "sharedName")
        )
