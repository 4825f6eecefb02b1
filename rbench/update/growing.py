"""A finished file with more items, and with some that never come back.

The table gets rows behind its own; all that stands between the context and the scores stays as it
is. What ranks them is drawn anew for the larger catalogue, in the same ways as at conversion.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from rbench.convert.drawing import new_constant, new_operator, new_tensor
from rbench.convert.filtering import CLOSED_STEP, filter_ranking
from rbench.convert.flatbuffer import Graph, Model, Operator, op_name, parse, type_name, values
from rbench.convert.item_table import ItemTable, NoTableError, find_item_table, readers
from rbench.convert.rewriting import ready_for_devices, written
from rbench.convert.slimming import slim
from rbench.errors import Unsupported
from rbench.features import ALLOWED
from rbench.signatures import OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE
from rbench.update.stored import Floats, numbers, put_behind

RANKED = ("FLOAT32", "INT8")
"""Types of scores that TOPK_V2 ranks as they are."""


class Opened(NamedTuple):
    """What is to be known of a file before it grows."""

    model: Model
    graph: Graph
    signature: Any
    place: ItemTable
    table: Floats
    """Float32 ``(items, width)``, as the file scores with it; at 2 bits without the halves."""
    closed: frozenset[int]
    """Indices that never come back already."""


def opened(content: bytes) -> Opened:
    """Read a file.

    Raises:
        ModelError: it is none.
        Unsupported: it is of another form than rbench's, or has a second signature.
    """
    model = parse(content)
    named = [one for one in model.signatureDefs or () if one.signatureKey in _both(SIGNATURE)]
    if len(model.signatureDefs or ()) != 1 or not named or len(model.subgraphs) != 1:
        raise Unsupported(
            "a file with a second signature, tap, is not updated: its state knows the items' "
            "number (rbench)"
        )
    try:
        place = find_item_table(model)
    except NoTableError as error:
        raise Unsupported(f"no item table to put rows behind: {error} (rbench)") from error
    graph = model.subgraphs[0]
    table = numbers(model, graph, graph.tensors[place.scoring])
    return Opened(model, graph, named[0], place, table, frozenset(_closed(model, graph)))


class Grown(NamedTuple):
    """A file with more rows."""

    content: bytes
    shortened: int
    """Rows that had to be shortened to fit into the table's one scale."""


def grown(file: Opened, more: Floats, closed: Collection[int] = ()) -> Grown:
    """Put rows behind the table's and close items; the file is used up.

    Args:
        more: float32 ``(new items, width)``.
        closed: indices that never come back, from 1; those that are closed already stay so.
    """
    model, graph, place = file.model, file.graph, file.place
    items = len(file.table) + len(more)
    scorer = graph.operators[place.scorer]
    scores = _scores(graph, model, int(scorer.outputs[0]))
    shortened = _grow_table(file, more, scorer)
    for tensor in {int(scorer.outputs[0]), scores}:
        graph.tensors[tensor].shape = np.array([1, items], np.int32)
    allowed = any(one.name in _both(ALLOWED) for one in file.signature.inputs)
    seen = _drop_ranking(model, graph, scores)
    _forget_input(graph, file.signature, ALLOWED)
    _rank(model, graph, file.signature, scores)
    shut = sorted({*file.closed, *closed})
    filter_ranking(model, allowed=allowed, seen=seen, closed=shut)
    ready_for_devices(model)
    _forget_unread(graph, file.signature)
    slim(model)
    return Grown(written(model), shortened)


def _grow_table(file: Opened, more: Floats, scorer: Operator) -> int:
    model, graph, place = file.model, file.graph, file.place
    lookup, scoring = graph.tensors[place.lookup], graph.tensors[place.scoring]
    one = lookup.buffer == scoring.buffer
    shortened = put_behind(model, graph, scoring, more)
    if one and lookup is not scoring:
        lookup.buffer, lookup.shape = scoring.buffer, scoring.shape
        lookup.quantization = scoring.quantization
    elif not one:
        put_behind(model, graph, lookup, more)
    read = graph.tensors[int(scorer.inputs[1])]  # floats, where the table is stored as others
    read.shape = scoring.shape
    for operator in graph.operators:
        if op_name(model, operator) == "DEQUANTIZE" and int(operator.inputs[0]) in (
            place.lookup,
            place.scoring,
        ):
            graph.tensors[int(operator.outputs[0])].shape = scoring.shape
    bias = int(scorer.inputs[2]) if len(scorer.inputs) > 2 else -1
    if bias >= 0 and values(model, graph.tensors[bias]) is not None:
        _grow_bias(model, graph.tensors[bias], len(more))
    return shortened


def _grow_bias(model: Model, bias: Any, count: int) -> None:
    held = np.asarray(model.buffers[bias.buffer].data, np.uint8)
    wide = len(held) // int(bias.shape[0])
    buffer = type(model.buffers[0])()
    buffer.data = np.concatenate([held, np.zeros(count * wide, np.uint8)])
    bias.buffer = len(model.buffers)
    model.buffers.append(buffer)
    bias.shape = np.array([int(bias.shape[0]) + count], np.int32)
    known = bias.quantization
    if known is not None and known.scale is not None and len(known.scale) > 1:
        known.scale = np.concatenate([known.scale, np.repeat(known.scale[-1:], count)])
        known.zeroPoint = np.zeros(len(known.scale), np.int64)


def _scores(graph: Graph, model: Model, made: int) -> int:
    """The tensor that is ranked: with what 2 bits add to all items alike."""
    for _, operator in readers(graph, made):
        other = [int(n) for n in operator.inputs if int(n) != made]
        if op_name(model, operator) == "ADD" and other:
            shape = graph.tensors[other[0]].shape
            if shape is not None and int(np.prod(shape)) == 1:
                return int(operator.outputs[0])
    return made


def _drop_ranking(model: Model, graph: Graph, scores: int) -> bool:
    """Take away all that the scores do not come from.

    Returns:
        Whether the context's items were filtered.
    """
    makers = {int(n): operator for operator in graph.operators for n in operator.outputs}
    needed: set[int] = set()
    ahead = [scores]
    while ahead:
        operator = makers.get(ahead.pop())
        if operator is not None and id(operator) not in needed:
            needed.add(id(operator))
            ahead += [int(n) for n in operator.inputs if n >= 0]
    gone = [operator for operator in graph.operators if id(operator) not in needed]
    graph.operators = [operator for operator in graph.operators if id(operator) in needed]
    return any(op_name(model, operator) == "SCATTER_ND" for operator in gone)


def _forget_unread(graph: Graph, signature: Any) -> None:
    """Number the tensors anew without those of the ranking that is gone."""
    ends = [*signature.inputs, *signature.outputs]
    read = {int(n) for o in graph.operators for some in (o.inputs, o.outputs) for n in some}
    read |= {int(n) for o in graph.operators for n in _places(o.intermediates)}
    read |= {int(n) for some in (graph.inputs, graph.outputs) for n in some}
    read |= {int(end.tensorIndex) for end in ends}
    blocks = [t.quantization.details for t in graph.tensors if t.quantization is not None]
    blocks = [one for one in {id(one): one for one in blocks}.values() if one is not None]
    read |= {int(one.scales) for one in blocks}
    kept = [n for n in range(len(graph.tensors)) if n in read]
    new = {old: place for place, old in enumerate(kept)}
    graph.tensors = [graph.tensors[n] for n in kept]

    def moved(some: Any) -> Any:
        return np.array([new.get(int(n), int(n)) for n in some], np.int32)

    for operator in graph.operators:
        operator.inputs, operator.outputs = moved(operator.inputs), moved(operator.outputs)
        if len(_places(operator.intermediates)):
            operator.intermediates = moved(operator.intermediates)
    graph.inputs, graph.outputs = moved(graph.inputs), moved(graph.outputs)
    for end in ends:
        end.tensorIndex = new[int(end.tensorIndex)]
    for one in blocks:
        one.scales = new[int(one.scales)]


def _places(numbers: Any) -> Any:
    return () if numbers is None else numbers


def _forget_input(graph: Graph, signature: Any, name: str) -> None:
    gone = {int(one.tensorIndex) for one in signature.inputs if one.name in _both(name)}
    signature.inputs = [one for one in signature.inputs if one.name not in _both(name)]
    graph.inputs = np.array([n for n in graph.inputs if int(n) not in gone], np.int32)


def _rank(model: Model, graph: Graph, signature: Any, scores: int) -> None:
    """The best of them and what they are called: items are columns and 1 more."""
    ends = {one.name: int(one.tensorIndex) for one in signature.outputs}
    items, best = (
        ends.get(name, ends.get(name.encode())) for name in (OUTPUT_ITEMS, OUTPUT_SCORES)
    )
    assert items is not None
    assert best is not None
    k = [int(size) for size in graph.tensors[items].shape]
    kind = graph.tensors[scores]
    shape = [int(size) for size in kind.shape]
    if type_name(kind) not in RANKED:
        wide = new_tensor(graph, "wide_scores", shape, "FLOAT32")
        graph.operators.append(new_operator(model, "DEQUANTIZE", [scores], [wide], 2))
        scores, kind = wide, graph.tensors[wide]
    count = new_constant(model, graph, "k", np.array(k[-1], np.int32), "INT32")
    columns = new_tensor(graph, "columns", k, "INT32")
    quantized = type_name(kind) != "FLOAT32"
    found = new_tensor(graph, "best", k, kind) if quantized else best
    version = 2 if quantized else 1
    graph.operators.append(
        new_operator(model, "TOPK_V2", [scores, count], [found, columns], version)
    )
    if quantized:
        graph.operators.append(new_operator(model, "DEQUANTIZE", [found], [best], 2))
    one = new_constant(model, graph, "one", np.array(1, np.int32), "INT32")
    graph.operators.append(new_operator(model, "ADD", [columns, one], [items]))


def _closed(model: Model, graph: Graph) -> list[int]:
    """Indices whose scores a constant lowers, see `rbench.convert.filtering`."""
    for tensor in graph.tensors:
        known = tensor.quantization
        scales = None if known is None else known.scale
        if type_name(tensor) != "INT8" or scales is None or len(scales) != 1:
            continue
        data = values(model, tensor)
        if scales[0] == CLOSED_STEP and data is not None:
            found: list[int] = (np.flatnonzero(data.view(np.int8)) + 1).tolist()
            return found
    return []


def _both(name: str) -> tuple[str, bytes]:
    return name, name.encode()
