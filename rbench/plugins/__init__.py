"""Plug-ins: what comes in through an entry point or a file, ours and a stranger's alike."""

from rbench.installed import describe, names, told
from rbench.plugins.finding import (
    ENCODERS,
    REPORTS,
    Comparing,
    Report,
    comparing,
    encoder,
    own,
    report,
    source_hash,
    stay_here,
    written,
)

__all__ = [
    "ENCODERS",
    "REPORTS",
    "Comparing",
    "Report",
    "comparing",
    "describe",
    "encoder",
    "names",
    "own",
    "report",
    "source_hash",
    "stay_here",
    "told",
    "written",
]
