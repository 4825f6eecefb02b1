"""What a delegate took, read off the graph that the interpreter runs, never assumed.

A delegated graph keeps all its nodes and gets one DELEGATE node per partition, which reads and
writes tensors at the partition's border. The nodes in between are those that the delegate took.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from rbench.records import Delegation

DELEGATE = "DELEGATE"


class Node(NamedTuple):
    """One operator of the graph with the tensors it reads and writes, by number."""

    op: str
    inputs: frozenset[int]
    outputs: frozenset[int]


def nodes_of(interpreter: Any) -> list[Node]:
    """The nodes of an interpreter's first subgraph, delegates' included.

    The public interface tells none of this; the wrapper below it does.
    """
    inner = interpreter._interpreter
    return [
        Node(
            op=inner.NodeName(index),
            inputs=_tensors(inner.NodeInputs(index)),
            outputs=_tensors(inner.NodeOutputs(index)),
        )
        for index in range(inner.NumNodes())
    ]


def _tensors(numbers: Iterable[int]) -> frozenset[int]:
    """-1 stands for an optional tensor that is not given."""
    return frozenset(int(number) for number in numbers if number >= 0)


def observe(nodes: Sequence[Node], delegate: str) -> Delegation:
    """Count what was taken and what was left.

    Args:
        nodes: of the graph after its tensors were allocated.
        delegate: the one that was asked for; ``cpu`` leaves nothing behind, it took nothing on.
    """
    originals = [node for node in nodes if node.op != DELEGATE]
    partitions = [node for node in nodes if node.op == DELEGATE]
    maker = {tensor: index for index, node in enumerate(originals) for tensor in node.outputs}
    taken: set[int] = set()
    for partition in partitions:
        taken |= _inside(partition, originals, maker)
    left = Counter(node.op for index, node in enumerate(originals) if index not in taken)
    return Delegation(
        delegate=delegate,
        nodes_total=len(originals),
        nodes_delegated=len(taken),
        partitions=len(partitions),
        left_behind={} if delegate == "cpu" else dict(sorted(left.items())),
    )


def _inside(partition: Node, originals: Sequence[Node], maker: dict[int, int]) -> set[int]:
    """Walk from what a partition writes back to what it reads."""
    found: set[int] = set()
    wanted = list(partition.outputs)
    while wanted:
        tensor = wanted.pop()
        index = maker.get(tensor)
        if tensor in partition.inputs or index is None or index in found:
            continue
        found.add(index)
        wanted.extend(originals[index].inputs)
    return found
