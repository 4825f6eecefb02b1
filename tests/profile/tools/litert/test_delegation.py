"""Which nodes a delegate took, checked against the runtime's own count."""

from typing import Any

import pytest

from rbench.profile.tools.litert.delegation import Node, nodes_of, observe


def node(op: str, inputs: set[int], outputs: set[int]) -> Node:
    return Node(op, frozenset(inputs), frozenset(outputs))


def test_nothing_is_left_behind_where_nothing_was_asked():
    found = observe([node("ADD", {0}, {1})], "cpu")
    assert (found.nodes_total, found.nodes_delegated, found.left_behind) == (1, 0, {})


def test_the_walk_stops_at_what_a_partition_reads():
    nodes = [
        node("GATHER", {0, 1}, {2}),
        node("MEAN", {2}, {3}),
        node("FULLY_CONNECTED", {3, 1}, {4}),
        node("TOPK_V2", {4}, {5, 6}),
        node("DELEGATE", {2, 1}, {4}),
    ]
    found = observe(nodes, "xnnpack")
    assert (found.nodes_total, found.nodes_delegated, found.partitions) == (4, 2, 1)
    assert found.left_behind == {"GATHER": 1, "TOPK_V2": 1}


def test_a_whole_graph():
    nodes = [node("ADD", {0}, {1}), node("ADD", {1}, {2}), node("DELEGATE", {0}, {2})]
    found = observe(nodes, "xnnpack")
    assert (found.nodes_delegated, found.partitions, found.left_behind) == (2, 1, {})


@pytest.mark.parametrize("name", ["recommender", "lookup_only", "two_islands", "half", "stateful"])
def test_the_walk_agrees_with_the_runtime(model, name):
    """Told to take every node alone, XNNPACK makes as many partitions as it takes nodes."""
    litert: Any = pytest.importorskip("ai_edge_litert.interpreter")

    def nodes(**options: Any) -> list[Node]:
        made = litert.Interpreter(str(model(name)), **options)
        made.allocate_tensors()
        return nodes_of(made)

    found = observe(nodes(), "xnnpack")
    alone = observe(nodes(experimental_disable_delegate_node_fusion=True), "xnnpack")
    assert found.nodes_delegated == alone.nodes_delegated == alone.partitions
    assert found.left_behind == alone.left_behind
    if name == "two_islands":
        assert found.partitions == 2
