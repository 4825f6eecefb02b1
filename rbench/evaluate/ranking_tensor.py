"""The tensor inside a .tflite that the ranking reads: the score of every item.

The file's outputs hold the best k items only. Full ranking needs them all, so this looks into
the graph. It is the one place that touches what ai-edge-litert does not promise to keep:
``Interpreter._get_ops_details()`` and a signature runner's ``_subgraph_index``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rbench.errors import ModelError

RANKING_OP = "TOPK_V2"


class Ranking(NamedTuple):
    """What a file ranks."""

    scores: int
    """Index of the tensor that holds every item's score, nothing filtered."""
    seen: bool
    """Whether the file takes the items of its context out."""


def ranking_tensor(interpreter: Any, items_output: int, where: str) -> Ranking:
    """The first input of the TOPK_V2 op that the ``items`` output comes from.

    Found by walking back from the output, so that the ops in between (adding 1, a cast, a
    reshape) and other TOPK_V2 ops elsewhere in the graph do not matter. What computed the tensor,
    and whether it is quantized, does not matter either: it holds what is ranked.

    Args:
        interpreter: an ai-edge-litert interpreter of the whole model, without delegates.
        items_output: tensor index of the output.
        where: the file, for messages.

    Raises:
        ModelError: there is no such op, or this ai-edge-litert does not tell.
    """
    made_by: dict[int, Any] = {}
    for op in _ops(interpreter, where):
        for tensor in op["outputs"]:
            made_by[int(tensor)] = op
    pending, seen = [items_output], set()
    while pending:
        tensor = pending.pop(0)
        op = made_by.get(tensor)
        if op is None or tensor in seen:
            continue
        seen.add(tensor)
        if op["op_name"] == RANKING_OP:
            ranked = _unpadded(_ungrouped(int(op["inputs"][0]), made_by), made_by)
            return _unfiltered(ranked, made_by)
        pending.extend(int(index) for index in op["inputs"] if index >= 0)
    raise ModelError(
        f"no {RANKING_OP} behind the items output, so not every item's score can be read",
        where=where,
        allowed=f"a graph that ranks with {RANKING_OP}",
        remedy="export it with rbench, or with tf.math.top_k as its last step",
    )


STAGES = ("RESHAPE", "GATHER", "RESHAPE")
"""From the candidates of a ranking in two stages back to all scores."""


def _ungrouped(tensor: int, made_by: dict[int, Any]) -> int:
    """All scores, where only the best groups of them are ranked at last: see
    `rbench.convert.two_stages`.
    """
    found = tensor
    for name in STAGES:
        op = made_by.get(found)
        if op is None or op["op_name"] != name:
            return tensor
        found = int(op["inputs"][0])
    return found


def _unpadded(tensor: int, made_by: dict[int, Any]) -> int:
    """What constants were put behind, so that a GPU can rank it: see `rbench.convert.gpu_ready`."""
    op = made_by.get(tensor)
    if op is None or op["op_name"] != "CONCATENATION":
        return tensor
    first, *others = (int(index) for index in op["inputs"])
    return first if not any(other in made_by for other in others) else tensor


def _unfiltered(tensor: int, made_by: dict[int, Any]) -> Ranking:
    """The scores before forbidden items lost theirs: see `rbench.convert.filtering`."""
    seen = False
    while (op := made_by.get(tensor)) is not None and op["op_name"] == "ADD":
        scores, lost = (int(index) for index in op["inputs"])
        by = made_by.get(lost)
        if by is None or by["op_name"] not in ("MUL", "SCATTER_ND"):
            break
        seen |= by["op_name"] == "SCATTER_ND"
        tensor = scores
    return Ranking(tensor, seen)


def check_subgraph(runner: Any, where: str) -> None:
    """Refuse a signature that is not about the main subgraph: tensor indices would be another's.

    Raises:
        ModelError: it is not.
    """
    subgraph = getattr(runner, "_subgraph_index", 0)
    if subgraph != 0:
        raise ModelError(
            f"the signature runs subgraph {subgraph}", where=where, allowed="the main subgraph, 0"
        )


def _ops(interpreter: Any, where: str) -> list[Any]:
    try:
        return list(interpreter._get_ops_details())
    except AttributeError as error:
        raise ModelError(
            "this ai-edge-litert does not tell which ops a model has",
            where=where,
            remedy="install one that does: pip install 'ai-edge-litert>=2.1,<3'",
        ) from error
