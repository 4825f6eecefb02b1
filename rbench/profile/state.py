"""What a file keeps from one run to the next.

A variable tensor, the state of a fused recurrent layer, survives a run; so does a resource
variable that the graph assigns to. A tool that does not set them back times each query with what
the last one left, which no app that asks for one user after the other does.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any, NamedTuple


class Kept(NamedTuple):
    """State in all graphs of a file."""

    variables: int = 0
    """Variable tensors: an interpreter can set them back."""
    assigned: int = 0
    """Operators that assign resource variables: nothing sets those back."""


def kept(model: Path) -> Kept:
    """Look into a .tflite; what cannot be read keeps nothing that is known of."""
    try:
        with model.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            return _kept(all_)
    except Exception:  # it may be damaged: whoever loads it says what is wrong
        return Kept()


def _kept(content: Any) -> Kept:
    from ai_edge_litert import schema_py_generated as schema

    assign = schema.BuiltinOperator.ASSIGN_VARIABLE
    root = schema.Model.GetRootAs(content, 0)
    codes = [root.OperatorCodes(n) for n in range(root.OperatorCodesLength())]
    assigning = {n for n, code in enumerate(codes) if code.BuiltinCode() == assign}
    graphs = [root.Subgraphs(n) for n in range(root.SubgraphsLength())]
    return Kept(
        variables=sum(
            graph.Tensors(n).IsVariable() for graph in graphs for n in range(graph.TensorsLength())
        ),
        assigned=sum(
            graph.Operators(n).OpcodeIndex() in assigning
            for graph in graphs
            for n in range(graph.OperatorsLength())
        ),
    )


def unreset(model: Path, *, resets: bool) -> str:
    """What of a file's state its runs hand on, in words; empty where that is nothing.

    Args:
        resets: whether the tool sets variable tensors back before each run.
    """
    found = kept(model)
    words = [
        _counted(0 if resets else found.variables, "variable tensor"),
        _counted(found.assigned, "assigned resource variable"),
    ]
    return " and ".join(filter(None, words))


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number > 1)}" if number else ""
