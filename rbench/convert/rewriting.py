"""The last step of a conversion: the same model in the smallest file that means the same."""

from __future__ import annotations

from typing import Any

from rbench.convert.flatbuffer import Model, op_name, pack, parse, type_name
from rbench.convert.sharing import Shared, share_item_table
from rbench.convert.tidying import tidy
from rbench.errors import ModelError


def rewritten(content: bytes) -> tuple[bytes, Shared]:
    """A .tflite with one item table and nothing stored twice, and what became of the table.

    Where the table cannot be shared it stays as it is, and the result says why. Signature,
    metadata, operators and their order are the same; the same content gives the same bytes. A file
    that would not read, or would be another graph, is not written: the content comes back.

    Raises:
        ModelError: the content is no sound .tflite.
    """
    model = parse(content)
    shared = share_item_table(model)
    tidy(model)
    smaller = pack(model)
    try:
        same = _outline(parse(smaller)) == _outline(parse(content))
    except ModelError as error:
        return content, Shared(0, f"the rewritten file does not read: {error.what}")
    return (smaller, shared) if same else (content, Shared(0, "rewriting changes the graph"))


def _outline(model: Model) -> list[Any]:
    """What rewriting must not touch: operators, what they are tied to, signatures."""
    outline: list[Any] = []
    for graph in model.subgraphs or ():
        outline.append((_numbers(graph.inputs), _numbers(graph.outputs)))
        outline += [
            (op_name(model, operator), _numbers(operator.inputs), _numbers(operator.outputs))
            for operator in graph.operators or ()
        ]
        outline += [(type_name(t), _numbers(t.shape), t.isVariable) for t in graph.tensors or ()]
    for signature in model.signatureDefs or ():
        ends = (*(signature.inputs or ()), *(signature.outputs or ()))
        tied = [(entry.name, entry.tensorIndex) for entry in ends]
        outline.append((signature.signatureKey, signature.subgraphIndex, tied))
    return outline


def _numbers(found: Any) -> list[int]:
    return [] if found is None else [int(number) for number in found]
