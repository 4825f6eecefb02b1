"""Where the item table stands in a graph: what the lookup reads, what the scoring multiplies with.

The scoring is the FULLY_CONNECTED whose result reaches the ranking through nothing but changes of
type and shape. The lookup is the GATHER or EMBEDDING_LOOKUP of a constant of the same shape.
float16 constants are read through the DEQUANTIZE that makes them float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rbench.convert.flatbuffer import Graph, Model, Operator, Tensor, op_name, values

RANKING = "TOPK_V2"
SCORING = "FULLY_CONNECTED"
LOOKUPS = {"GATHER": 0, "EMBEDDING_LOOKUP": 1}
"""Operator -> which of its inputs is the table."""
TRANSPARENT = frozenset(
    {"RESHAPE", "QUANTIZE", "DEQUANTIZE", "ADD", "REDUCE_MAX", "GATHER", "NEG", "CAST"}
)
"""What leaves values as they are, but for rounding and what is added, or some of them: a ranking in
two stages (see `rbench.convert.two_stages`) orders the best of groups, and numbers of groups."""


class NoTableError(Exception):
    """The graph has no item table that lookup and scoring could share; the text says why."""


@dataclass(frozen=True)
class ItemTable:
    """The places of the one table in the main graph, by tensor number."""

    lookup: int
    """The constant that is looked up, int8 or float."""
    scoring: int
    """The constant that scores; the same number where the graph shares it already."""
    lookups: tuple[int, ...]
    """Numbers of the operators that look up."""
    scorer: int
    """Number of the operator that scores."""


def find_item_table(model: Model, graph: Graph | None = None) -> ItemTable:
    """Find it, or say why there is none.

    Args:
        graph: of the model; the only one if left out.

    Raises:
        NoTableError: the graph is of another form.
    """
    if graph is None:
        if len(model.subgraphs or ()) != 1:
            raise NoTableError(f"{len(model.subgraphs or ())} subgraphs, where one was due")
        graph = model.subgraphs[0]
    makers = _makers(graph)
    scorer = _scorer(model, graph, makers)
    operator = graph.operators[scorer]
    scoring = _constant(model, graph, makers, operator.inputs[1])
    if scoring is None:
        raise NoTableError(f"the {SCORING} before {RANKING} multiplies with no constant")
    shape = _shape(graph.tensors[scoring])
    if len(shape) != 2:
        raise NoTableError(f"the scoring weights have the shape {shape}, not (items, width)")
    found: dict[int, list[int]] = {}
    for number, other in enumerate(graph.operators):
        place = LOOKUPS.get(op_name(model, other))
        if place is None:
            continue
        table = _constant(model, graph, makers, other.inputs[place])
        if table is not None and _shape(graph.tensors[table]) == shape:
            found.setdefault(table, []).append(number)
    if len(found) != 1:
        raise NoTableError(
            f"{len(found)} constants of the scoring weights' shape {shape} are looked up"
        )
    lookup, lookups = next(iter(found.items()))
    return ItemTable(lookup, scoring, tuple(lookups), scorer)


def readers(graph: Graph, tensor: int) -> Iterator[tuple[int, Operator]]:
    """The operators that read a tensor, with their numbers."""
    for number, operator in enumerate(graph.operators):
        if tensor in [int(place) for place in operator.inputs]:
            yield number, operator


def _makers(graph: Graph) -> dict[int, int]:
    """Tensor -> number of the operator that writes it."""
    return {
        int(tensor): number
        for number, operator in enumerate(graph.operators)
        for tensor in operator.outputs
    }


def _scorer(model: Model, graph: Graph, makers: dict[int, int]) -> int:
    """The one product that reaches a ranking, be it in one stage or in two."""
    ranked = [n for n, o in enumerate(graph.operators) if op_name(model, o) == RANKING]
    reached = [_before(model, graph, makers, number) for number in ranked]
    found = {number for number in reached if number not in ranked}
    if len(found) != 1:
        raise NoTableError(f"{len(found)} {RANKING} operators, where one was due")
    return found.pop()


def _before(model: Model, graph: Graph, makers: dict[int, int], ranking: int) -> int:
    """Number of the operator whose results a ranking orders: the scorer, or another ranking."""
    tensor = int(graph.operators[ranking].inputs[0])
    passed: set[int] = set()
    while True:
        number = makers.get(tensor)
        if number is None or number in passed:
            break
        passed.add(number)
        name = op_name(model, graph.operators[number])
        if name in (SCORING, RANKING):
            return number
        if name not in TRANSPARENT and not _padding(model, graph, graph.operators[number]):
            raise NoTableError(f"{RANKING} ranks what {name} made, not {SCORING}")
        tensor = int(graph.operators[number].inputs[0])
    raise NoTableError(f"no {SCORING} before {RANKING}")


def _padding(model: Model, graph: Graph, operator: Operator) -> bool:
    """Whether it puts constants behind its first input, see `rbench.convert.gpu_ready`."""
    behind = [graph.tensors[int(place)] for place in operator.inputs[1:]]
    constant = all(values(model, tensor) is not None for tensor in behind)
    return op_name(model, operator) == "CONCATENATION" and constant


def _constant(model: Model, graph: Graph, makers: dict[int, int], tensor: int) -> int | None:
    """The constant behind a tensor; its own number, or that of what a DEQUANTIZE reads."""
    number = makers.get(int(tensor))
    if number is not None:
        if op_name(model, graph.operators[number]) != "DEQUANTIZE":
            return None
        tensor = graph.operators[number].inputs[0]
    return int(tensor) if values(model, graph.tensors[int(tensor)]) is not None else None


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(int(size) for size in tensor.shape) if tensor.shape is not None else ()
