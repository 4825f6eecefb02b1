"""The gate: a run held to limits, for CI. Reads records and model files, nothing else."""

from rbench.gate.judge import judge
from rbench.gate.limits import Limits
from rbench.gate.sizes import format_size, parse_size
from rbench.gate.verdict import Finding, Verdict

__all__ = ["Finding", "Limits", "Verdict", "format_size", "judge", "parse_size"]
