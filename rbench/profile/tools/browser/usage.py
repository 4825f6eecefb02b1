"""What the processes of a browser take of the machine."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_seconds(root: int) -> float:
    """CPU time so far of a process and of all that came from it, without those that ended; 0 where
    the system does not tell.
    """
    ticks: dict[int, int] = {}
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text().rpartition(")")[2].split()
            number = int(entry.parent.name)
            parents[number] = int(words[1])
            ticks[number] = sum(map(int, words[11:15]))
        except (OSError, ValueError, IndexError):
            continue
    spent = 0
    for number, taken in ticks.items():
        above = number
        while above not in (root, 0, 1):
            above = parents.get(above, 0)
        spent += taken if above == root else 0
    return spent / os.sysconf("SC_CLK_TCK")
