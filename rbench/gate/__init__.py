"""The gate: a run held to limits, for CI. Reads records and model files, nothing else."""

from rbench.gate.against import Against, baseline_of, read_against
from rbench.gate.baseline import Baseline, read_baseline, write_baseline
from rbench.gate.budget import parse_budget, read_budget
from rbench.gate.judge import judge
from rbench.gate.limits import Limits
from rbench.gate.sizes import format_size, parse_size
from rbench.gate.told import Told, resolution, tell
from rbench.gate.verdict import Finding, Verdict

__all__ = [
    "Against",
    "Baseline",
    "Finding",
    "Limits",
    "Told",
    "Verdict",
    "baseline_of",
    "format_size",
    "judge",
    "parse_budget",
    "parse_size",
    "read_against",
    "read_baseline",
    "read_budget",
    "resolution",
    "tell",
    "write_baseline",
]
