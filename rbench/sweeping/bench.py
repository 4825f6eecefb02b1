"""Where and with what a target is timed, as far as it decides what comes out."""

from __future__ import annotations

from functools import cache

from rbench import plugins
from rbench.cells import tools
from rbench.cells.target import Target
from rbench.profile.node_census import counted
from rbench.profile.tool import tool_of
from rbench.sweeping.jobs import Bench, installed


def bench_of(target: str, machine: str) -> Bench:
    """Ask a target's tool.

    Args:
        machine: this one's identity.
    """
    parsed = Target.parse(target)
    tool = tool_of(parsed)
    return Bench(
        machine=tool.machine(parsed) or machine,
        build=tool.build(parsed),
        adapter=tool.adapter(parsed),
        libraries={name: installed(name) for name in tool.libraries},
        source=plugins.source_hash(tools.registered_as(tool), tools.TOOLS),
    )


@cache
def census_benches() -> dict[str, Bench]:
    """What the census of a file asks; which nodes are taken is no matter of a machine."""
    return {str(target): bench_of(str(target), "") for target in counted()}


def versions_with(target: str, bench: Bench) -> dict[str, str]:
    """What a record says of the tool: its libraries' versions, and its build under its word."""
    build = {Target.parse(target).tool: bench.build}
    return {name: said for name, said in (bench.libraries | build).items() if said}
