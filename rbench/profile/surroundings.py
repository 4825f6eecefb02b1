"""What else the machine does while this process is timing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from rbench.profile.result import Surroundings
from rbench.records.machine import usable_cores

_STAT = Path("/proc/stat")


class Watch:
    """Begins when it is made; `stop` tells what others did in between."""

    def __init__(self, *, children: bool = False) -> None:
        """Count this process as one's own; with ``children``, also those it has waited for."""
        self._children = children
        self._load = _load_average()
        self._switches = _switches(children)
        self._began = _read(children)

    def stop(self) -> Surroundings:
        """What happened since.

        /proc/stat counts in ticks of 10 ms per core. One tick per core is taken off what it says
        of others, so that a short window errs towards a quiet machine, never towards a busy one.
        """
        ended = _read(self._children)
        cores = usable_cores()
        switches = _switches(self._children) - self._switches
        if self._began is None or ended is None:
            return Surroundings(cores=cores, switches=switches, load_average=self._load)
        wall = max(ended.wall_s - self._began.wall_s, 1e-9)
        busy = ended.busy_s - self._began.busy_s
        own = ended.own_s - self._began.own_s
        stolen = ended.stolen_s - self._began.stolen_s
        doubt = (os.cpu_count() or 1) / os.sysconf("SC_CLK_TCK")
        everything = max(ended.total_s - self._began.total_s, 1e-9)
        return Surroundings(
            cores=cores,
            others_cores=round(max(0.0, busy - own - doubt) / wall, 3),
            stolen_share=round(max(0.0, stolen - doubt) / everything, 4),
            switches=switches,
            load_average=self._load,
        )


class _Reading(NamedTuple):
    wall_s: float
    busy_s: float
    stolen_s: float
    total_s: float
    own_s: float


def _read(children: bool) -> _Reading | None:
    """Seconds of CPU time so far, over all cores; None where the system does not tell."""
    try:
        words = _STAT.read_text().split("\n", 1)[0].split()
        ticks = [int(word) for word in words[1:9]]
    except (OSError, ValueError):
        return None
    if len(ticks) < 8 or not any(ticks):
        return None
    user, nice, system, idle, waiting, interrupts, soft, stolen = ticks
    second = os.sysconf("SC_CLK_TCK")
    busy = user + nice + system + interrupts + soft
    return _Reading(
        wall_s=time.monotonic(),
        busy_s=busy / second,
        stolen_s=stolen / second,
        total_s=(busy + idle + waiting + stolen) / second,
        own_s=time.process_time() + _children_s() * children,
    )


def _load_average() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def _children_s() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def _switches(children: bool) -> int:
    import resource

    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_nivcsw
