"""Plug-ins: what comes in through an entry point or a file, ours and a stranger's alike."""

from rbench.installed import at_work, describe, names, told
from rbench.plugins.finding import (
    ENCODERS,
    LOSSES,
    METRICS,
    REPORTS,
    Comparing,
    Report,
    comparing,
    encoder,
    guide,
    instance,
    loss,
    own,
    report,
    source_hash,
    stay_here,
    written,
)

__all__ = [
    "ENCODERS",
    "LOSSES",
    "METRICS",
    "REPORTS",
    "Comparing",
    "Report",
    "at_work",
    "comparing",
    "describe",
    "encoder",
    "guide",
    "instance",
    "loss",
    "names",
    "own",
    "report",
    "source_hash",
    "stay_here",
    "told",
    "written",
]
