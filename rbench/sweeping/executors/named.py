"""Executors by their names on the command line."""

from __future__ import annotations

from rbench.errors import UsageError
from rbench.sweeping.executors.executor import Executor
from rbench.sweeping.executors.local import Local


def executor_of(name: str, timing_host: str = "") -> Executor:
    """The executor of a name: ``local``, ``ray`` or ``ray:HOST:PORT``. Imports no Ray.

    Args:
        timing_host: which of a cluster's machines times.

    Raises:
        UsageError: there is none of that name, or it does not go with the others.
    """
    word, _, address = name.partition(":")
    if word == "ray" and not name.endswith(":"):
        from rbench.sweeping.executors.cluster import Cluster

        return Cluster(address, timing_host)
    if name != "local":
        raise UsageError(
            f"no executor {name!r}", where="--executor", allowed="local, ray, ray:HOST:PORT"
        )
    if timing_host:
        raise UsageError(
            "this machine times, where no cluster does",
            where="--timing-host",
            remedy="add --executor ray, or leave it out",
        )
    return Local()
