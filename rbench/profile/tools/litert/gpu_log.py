"""What the GPU delegate of ai-edge-litert says while it works, on standard error.

It tells there, and nowhere else, which adapter it runs on, which operators it leaves and why, and
that it gave up: then the runtime goes on with the CPU, answers, and still calls the model fully
accelerated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from rbench.profile.delegates import SIMULATORS
from rbench.records import Delegation

_ADAPTER = re.compile(r"Selected adapter: (?P<name>.+?), arch=.*?\badapterType=(?P<kind>.+)")
_COUNTS = re.compile(
    r"(?:(?P<taken>\d{1,9})|No) operations will run on the GPU, and (?:the remaining|all) "
    r"(?P<left>\d{1,9}) operations will run on the CPU\.",
    re.ASCII,
)
_REFUSALS = "Following operations are not supported by GPU delegate:"
_KERNEL = "Initializing WebGPU-based API from graph"
_NO_ADAPTER = "No adapters found"
_FAULT = re.compile(r"(?:[EF]\d{4} [\d:.]+ +\d+ [^\]]*\] |ERROR: (?:\[[^\]]*\] )?)(?P<words>.+)")


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. What was not said is empty."""

    adapter: str = ""
    """Name of the GPU that was selected."""
    software: bool = False
    """Whether that is a program on the CPU: by its type, or by its name."""
    kernels: int = 0
    """Pieces of the graph that the delegate prepared."""
    taken: int | None = None
    """Operators that it said it takes; None where it did not say: then it wants all of them."""
    left: int = 0
    remarks: tuple[str, ...] = ()
    """Why it leaves operators, one remark a kind, e.g. ``GATHER: Only support 1D indices``."""
    faults: tuple[str, ...] = ()
    """What went wrong, without repetitions."""
    no_adapter: bool = False


def read(text: str) -> Heard:
    """Read what was said. Lines of no meaning here are passed over."""
    adapter, kind, kernels, left = "", "", 0, 0
    taken: int | None = None
    remarks: list[str] = []
    faults: list[str] = []
    listing = False
    for line in text.splitlines():
        counts, selected = _COUNTS.fullmatch(line.strip()), _ADAPTER.search(line)
        fault = _FAULT.match(line)
        if counts:
            taken, left = int(counts["taken"] or 0), int(counts["left"])
            listing = False
        elif line.endswith(_REFUSALS):
            listing = True
        elif fault:
            faults.append(fault["words"].strip())
            listing = False
        elif listing and ":" in line:
            remarks.append(line.strip().rstrip(":"))
        elif selected:
            adapter, kind = selected["name"], selected["kind"].strip()
        elif _KERNEL in line:
            kernels += 1
    name = adapter.lower()
    return Heard(
        adapter=adapter,
        software=kind.upper().startswith("CPU") or any(word in name for word in SIMULATORS),
        kernels=kernels,
        taken=taken,
        left=left,
        remarks=tuple(dict.fromkeys(remarks)),
        faults=tuple(dict.fromkeys(faults)),
        no_adapter=_NO_ADAPTER in text,
    )


def delegation(heard: Heard, ops: Mapping[str, int], whole: bool) -> Delegation:
    """Count what the GPU took.

    Args:
        ops: operator -> how often it stands in the graph.
        whole: what the runtime says, `CompiledModel.is_fully_accelerated`.
    """
    total = sum(ops.values())
    if heard.taken is None:
        taken, left = (total, {}) if whole else (0, dict(ops))
    else:
        taken, left = max(0, total - heard.left), _left(heard, ops)
    return Delegation(
        delegate="gpu",
        nodes_total=total,
        nodes_delegated=taken,
        partitions=heard.kernels,
        left_behind=left,
        software=heard.software,
        adapter=heard.adapter,
        remarks=heard.remarks,
    )


def _left(heard: Heard, ops: Mapping[str, int]) -> dict[str, int]:
    """The delegate counts what it leaves, and names kinds: one sum may stand for several."""
    named = list(dict.fromkeys(remark.partition(":")[0].strip() for remark in heard.remarks))
    counts = {name: ops.get(name, 0) for name in named}
    if sum(counts.values()) == heard.left and all(counts.values()):
        return dict(sorted(counts.items()))
    return {", ".join([*named, "others"]): heard.left} if heard.left else {}
