"""An exact ranking in two stages, for catalogues where that is faster than TOPK_V2 over all scores.

The scores of neighbouring items form groups. The k best items lie in the k groups whose best score
is highest, so those groups are found first, and only their items are ranked:

    scores -> RESHAPE (groups, size) -> REDUCE_MAX -> TOPK_V2 of groups -> GATHER -> TOPK_V2

Ties come out as TOPK_V2 alone gives them, the lower item first: of groups that tie, the first stage
takes the lower, which holds lower items; and the groups are put in the order of their items before
the second stage. So scores, items and order are the same, whatever the type of the scores.
Scores that fill up the last group are lower than any, stand behind all items, and k is no more than
there are items: none of them comes out.

`stages` holds the rule, `python benchmarks/topk.py` what it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rbench.convert.drawing import new_constant, new_operator, new_tensor
from rbench.convert.flatbuffer import Graph, Model, Operator, op_name, type_name, values
from rbench.convert.gpu_ready import DIVISOR, NEVER
from rbench.convert.item_table import RANKING

LOWEST = {"FLOAT32": np.float32(NEVER), "INT8": np.int8(-128)}
"""Type of scores -> the score of what is no item. A quantized item may have it too, and wins the
tie, since it stands before."""
FIXED, BY_ITEM, PASS, COPY = 700, 30, 1 / 8, 1 / 12
"""What the second stage costs, in scores that TOPK_V2 could rank in the same time: for its
operators, for each item that is returned, for each score that is passed over once to find the best
of a group, and for each that is copied to fill up the last group."""
MOST_GROUPS = 2048
"""Whole numbers up to it are exact in half precision, which a GPU may compute in."""
WORTH = {"FLOAT32": 0.75, "INT8": 0.55}
"""Two stages are taken where they are thought to cost at most this part of one: TOPK_V2 takes small
integers faster."""


@dataclass(frozen=True)
class Stages:
    """How a catalogue is cut."""

    groups: int
    size: int
    """Items in a group."""
    taken: int
    """Groups that go into the second stage, k or a few more."""


def stages(items: int, k: int, kind: str = "FLOAT32") -> Stages | None:
    """The cheapest cut of a catalogue; None where one stage is not slower.

    Args:
        kind: type of the scores, one of `WORTH`.

    Returns:
        Numbers that are multiples of 4, since the GPU delegate ranks no other number.
    """
    best: Stages | None = None
    least, taken = WORTH[kind] * items, _rounded_up(k)
    fewest = _rounded_up(-(-items // MOST_GROUPS))
    for size in range(fewest, fewest + int(4 * (items / k) ** 0.5) + 1, DIVISOR):
        groups = _rounded_up(-(-items // size))
        if groups < taken:
            break
        copied = COPY * items if groups * size != items else 0.0
        cost = FIXED + BY_ITEM * k + PASS * items + copied + groups + taken * size
        if cost <= least:
            best, least = Stages(groups, size, taken), cost
    return best


def _rounded_up(number: int) -> int:
    return -(-number // DIVISOR) * DIVISOR


def rank_in_stages(model: Model) -> None:
    """Rank in two stages where that is faster, in place; what comes out is the same."""
    if len(model.subgraphs or ()) != 1:
        return
    graph = model.subgraphs[0]
    ranked = [n for n, o in enumerate(graph.operators) if op_name(model, o) == RANKING]
    if len(ranked) != 1:
        return
    ranking = graph.operators[ranked[0]]
    scores, columns = (graph.tensors[int(n)] for n in (ranking.inputs[0], ranking.outputs[1]))
    shape, counts = [int(n) for n in scores.shape], values(model, graph.tensors[ranking.inputs[1]])
    plain = type_name(scores) in LOWEST and type_name(columns) == "INT32"
    if len(shape) != 2 or shape[0] != 1 or not plain or counts is None:
        return
    k = int(counts.view(np.int32)[0])
    cut = stages(shape[1], k, type_name(scores)) if k > 0 else None
    if cut is not None:
        drawn = _Drawing(model, graph, ranking).of(cut, shape[1], k)
        graph.operators[ranked[0] : ranked[0] + 1] = drawn


class _Drawing:
    """The operators that take one ranking's place."""

    def __init__(self, model: Model, graph: Graph, ranking: Operator) -> None:
        self.model, self.graph = model, graph
        self.scores, self.count = (int(n) for n in ranking.inputs)
        self.best, self.columns = (int(n) for n in ranking.outputs)
        self.kind = graph.tensors[self.scores]
        self.quantized = type_name(self.kind) != "FLOAT32"
        self.operators: list[Operator] = []

    def of(self, cut: Stages, items: int, k: int) -> list[Operator]:
        """All of them, in order."""
        rows = self._rows(cut, items)
        best = self._scores("best_of_groups", [cut.groups])
        axis = self._constant("last_axis", np.array([1], np.int32))
        self._draw("REDUCE_MAX", [rows, axis], [best])
        groups = self._in_order(best, cut.taken)
        found = self._scores("candidate_groups", [cut.taken, cut.size])
        self._draw("GATHER", [rows, groups], [found])
        candidates = self._scores("candidates", [1, cut.taken * cut.size])
        self._reshape(found, candidates, [1, cut.taken * cut.size])
        places = self._numbers("places", [1, k])
        self._draw(RANKING, [candidates, self.count], [self.best, places])
        self._name(places, groups, cut, k)
        return self.operators

    def _rows(self, cut: Stages, items: int) -> int:
        """The scores, a group a row."""
        scores, missing = self.scores, cut.groups * cut.size - items
        if missing:
            filler = np.full((1, missing), LOWEST[type_name(self.kind)])
            behind = new_constant(self.model, self.graph, "no_items", filler, self.kind)
            scores = self._scores("padded_scores", [1, items + missing])
            self._draw("CONCATENATION", [self.scores, behind], [scores])
            self.operators[-1].builtinOptions.axis = 1
        rows = self._scores("groups", [cut.groups, cut.size])
        self._reshape(scores, rows, [cut.groups, cut.size])
        return rows

    def _in_order(self, best: int, taken: int) -> int:
        """The best groups, lowest first: the largest of their negative numbers.

        They are ranked as floats, since the GPU delegate ranks no integers.
        """
        count = self._constant("groups_taken", np.array(taken, np.int32))
        found, negative = self._numbers("best_groups", [taken]), self._numbers("negative", [taken])
        self._draw(RANKING, [best, count], [self._scores("best_scores", [taken]), found])
        self._draw("NEG", [found], [negative])
        floats = [new_tensor(self.graph, n, [taken], "FLOAT32") for n in ("best_first", "ordered")]
        self._cast(negative, floats[0])
        self._draw(RANKING, [floats[0], count], [floats[1], self._numbers("order", [taken])])
        ordered, groups = self._numbers("whole", [taken]), self._numbers("groups_in_order", [taken])
        self._cast(floats[1], ordered)
        self._draw("NEG", [ordered], [groups])
        return groups

    def _name(self, places: int, groups: int, cut: Stages, k: int) -> None:
        """Columns of the catalogue: place + size x (group - its row among the candidates)."""
        size = self._constant("group_size", np.array(cut.size, np.int32))
        rows = self._constant("row_numbers", np.arange(cut.taken, dtype=np.int32))
        left_out = self._numbers("groups_left_out", [cut.taken])
        skipped = self._numbers("items_left_out", [cut.taken])
        self._draw("SUB", [groups, rows], [left_out])
        self._draw("MUL", [left_out, size], [skipped])
        flat, row = self._numbers("flat_places", [k]), self._numbers("row_of_place", [k])
        self._reshape(places, flat, [k])
        self._draw("FLOOR_DIV", [flat, size], [row])
        before = self._numbers("before", [k])
        self._draw("GATHER", [skipped, row], [before])
        self._draw("ADD", [places, before], [self.columns])

    def _cast(self, tensor: int, result: int) -> None:
        self._draw("CAST", [tensor], [result])
        options = self.operators[-1].builtinOptions
        options.inDataType, options.outDataType = self._type(tensor), self._type(result)

    def _draw(self, name: str, inputs: list[int], outputs: list[int]) -> None:
        of_scores = self.quantized and self._type(outputs[0]) == self.kind.type
        version = 2 if of_scores and name != "RESHAPE" else 1
        self.operators.append(new_operator(self.model, name, inputs, outputs, version))

    def _type(self, tensor: int) -> int:
        return int(self.graph.tensors[tensor].type)

    def _reshape(self, tensor: int, result: int, shape: list[int]) -> None:
        sizes = np.array(shape, np.int32)
        self._draw("RESHAPE", [tensor, self._constant("shape", sizes)], [result])
        self.operators[-1].builtinOptions.newShape = sizes

    def _scores(self, name: str, shape: list[int]) -> int:
        return new_tensor(self.graph, name, shape, self.kind)

    def _numbers(self, name: str, shape: list[int]) -> int:
        return new_tensor(self.graph, name, shape, "INT32")

    def _constant(self, name: str, numbers: NDArray[np.int32]) -> int:
        return new_constant(self.model, self.graph, name, numbers, "INT32")
