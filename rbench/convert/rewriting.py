"""The ends of a conversion: passes that every file goes through, and the one time it is written.

A conversion reads what the converter wrote once (`rbench.convert.tflite`), changes the model in
place, pass by pass, and writes it once. A scheme has passes of its own before these:

============================ ===================================================================
pass                         what for
============================ ===================================================================
repair_cell_states           fused LSTMs answer
share_item_table, tidy       nothing is stored twice
pack_weights, pack_table     weights in few bits
narrow_item_table            int8 for the table beside int16
filter_ranking               what must not be shown is not ranked
rank_in_stages               large catalogues are ranked faster
narrow_lookups, pad_ranking  the GPU delegate takes the whole graph
slim                         what says nothing is left out
============================ ===================================================================
"""

from __future__ import annotations

from typing import Any

from rbench.convert.flatbuffer import Model, op_name, pack, type_name
from rbench.convert.gpu_ready import narrow_lookups, pad_ranking
from rbench.convert.sharing import Shared, share_item_table
from rbench.convert.tidying import tidy
from rbench.convert.two_stages import rank_in_stages
from rbench.errors import ModelError, StageError
from rbench.tflite import read


def share_and_tidy(model: Model) -> Shared:
    """Leave one item table and nothing stored twice, in place; say what became of the table.

    Where the table cannot be shared it stays as it is, and the result says why. Signature,
    metadata, operators and their order are the same.
    """
    shared = share_item_table(model)
    tidy(model)
    return shared


def ready_for_devices(model: Model) -> None:
    """A faster ranking and what the GPU delegate needs, in place, where they are due; answers stay
    the same.
    """
    if len(model.subgraphs or ()) == 1:
        rank_in_stages(model)
        narrow_lookups(model)
        pad_ranking(model)


def written(model: Model) -> bytes:
    """The file of a model; the same objects give the same bytes.

    Raises:
        StageError: the file would not read, or would be another graph: a pass is wrong.
    """
    content = pack(model)
    try:
        same = _outline(read(content)) == _outline(model)
    except ModelError as error:
        raise StageError(f"the rewritten file does not read: {error.what}") from error
    if not same:
        raise StageError("rewriting changes the graph")
    return content


def _outline(model: Model) -> list[Any]:
    """What writing must not touch: operators, what they are tied to, signatures."""
    outline: list[Any] = []
    for graph in model.subgraphs or ():
        outline.append((_numbers(graph.inputs), _numbers(graph.outputs)))
        outline += [
            (op_name(model, operator), _numbers(operator.inputs), _numbers(operator.outputs))
            for operator in graph.operators or ()
        ]
        outline += [
            (type_name(t), _numbers(t.shape), bool(t.isVariable)) for t in graph.tensors or ()
        ]
    for signature in model.signatureDefs or ():
        ends = (*(signature.inputs or ()), *(signature.outputs or ()))
        tied = [(entry.name, entry.tensorIndex) for entry in ends]
        outline.append((signature.signatureKey, signature.subgraphIndex, tied))
    return outline


def _numbers(found: Any) -> list[int]:
    return [] if found is None else [int(number) for number in found]
