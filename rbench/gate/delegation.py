"""Delegation limits: how much of a graph the delegate takes."""

from __future__ import annotations

from rbench.cells.target import backend_of
from rbench.gate.amounts import percent
from rbench.gate.levels import Levels, Measure, Subject, at_least
from rbench.gate.rules import DelegationLimit
from rbench.gate.verdict import Finding
from rbench.records import Record


def asked(limit: DelegationLimit, record: Record) -> bool:
    """Whether a cell is one of the limit's delegate, with a weight cache or without."""
    return backend_of(record.cell.target) == limit.delegate


def judge_delegation(limit: DelegationLimit, record: Record, rule: str) -> Finding:
    """Hold the share of the nodes that were delegated to a floor."""
    place = Subject(str(record.cell), "delegation", rule)
    found = record.delegation
    if found is None:
        return place.broken("its record does not say what was delegated")
    if found.software:
        return place.unlike("delegated to a GPU that is simulated on the CPU")
    if found.delegate != limit.delegate or found.nodes_total < 1:
        return place.unlike(f"its record tells of {found.delegate!r}, not of {limit.delegate}")
    if not 0 <= found.nodes_delegated <= found.nodes_total:
        return place.broken(
            f"its record says {found.nodes_delegated} of {found.nodes_total} nodes: no such number"
        )
    left = ", ".join(f"{count} {op}" for op, count in sorted(found.left_behind.items()))
    about = f"of the graph, {found.nodes_delegated} of {found.nodes_total} nodes"
    measure = Measure(
        found.nodes_delegated / found.nodes_total,
        "share",
        percent,
        about=about + (f" (left: {left})" if left else ""),
    )
    return at_least(place, Levels(limit.warn, limit.min), measure)
