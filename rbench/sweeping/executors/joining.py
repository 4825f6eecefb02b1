"""Joining a Ray cluster: its nodes, asked what they are, and refused where they differ."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from rbench.errors import RbenchError, UsageError
from rbench.sweeping.executors import node as there

REACHED_S = 5.0
"""For the address to answer."""
LOOK_S = 120.0
"""For the nodes to say what they are; a busy one imports slowly."""


class Seen(NamedTuple):
    """A node, and where Ray has it."""

    id: str
    cpus: float
    resources: dict[str, float]
    said: there.Node

    @property
    def name(self) -> str:
        """What people call it."""
        return self.said.machine.name


def connect(address: str) -> None:
    """Join the cluster, for this process.

    Args:
        address: ``HOST:PORT``; empty: the one that runs on this machine.

    Raises:
        UsageError: nothing answers there, or it cannot be joined.
    """
    import logging

    import ray

    if address:
        _reach(address)
    before = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address or "auto",
            ignore_reinit_error=True,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray raises whatever its parts raise
        raise UsageError(
            f"cannot join the Ray cluster: {(str(error).strip() or repr(error)).splitlines()[0]}",
            where=address or "--executor ray",
            remedy="start one here with: ray start --head, or join one with: "
            "ray start --address=HOST:PORT, with the same Ray and Python as its other nodes",
        ) from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _reach(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        if not host or "//" in host:
            raise ValueError("it is no HOST:PORT")
        socket.create_connection((host, int(port)), timeout=REACHED_S).close()
    except (OSError, ValueError) as error:
        raise UsageError(
            f"nothing answers there: {error}",
            where=f"--executor ray:{address}",
            allowed="ray:HOST:PORT of the cluster's head, by default port 6379",
            remedy="start it with: ray start --head, or look whether a firewall stands between",
        ) from error


def look(encoders: Sequence[str], targets: Sequence[str]) -> list[Seen]:
    """Ask every node that lives what it is.

    Raises:
        UsageError: one has no rbench, or does not answer.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote = ray.remote(there.look)
    asked = {}
    for known in ray.nodes():
        if known["Alive"] and known["Resources"].get("CPU"):
            pinned = NodeAffinitySchedulingStrategy(known["NodeID"], soft=False)
            options = {"num_cpus": 0, "max_retries": 2, "scheduling_strategy": pinned}
            asked[known["NodeID"]] = (
                known,
                remote.options(**options).remote(list(encoders), list(targets)),
            )
    found = []
    until = time.monotonic() + LOOK_S
    for name, (known, answer) in asked.items():
        where = known["NodeManagerHostname"]
        try:
            content = ray.get(answer, timeout=max(1.0, until - time.monotonic()))
        except RbenchError:
            raise
        except Exception as error:  # Ray raises whatever its parts raise
            last = (str(error).strip() or repr(error)).splitlines()[-1]
            raise UsageError(
                f"the node cannot do rbench's work: {last}",
                where=where,
                remedy="install the same rbench there: pip install 'rbench[sweep,ray]', or take "
                "the node out of the cluster",
            ) from error
        said = msgspec.msgpack.decode(content, type=there.Node)
        found.append(Seen(name, known["Resources"]["CPU"], known["Resources"], said))
    if not found:
        raise UsageError(
            "no node of the cluster has a CPU to work with",
            where="--executor ray",
            remedy="add one with: ray start --address=HOST:PORT",
        )
    return found


def check_alike(nodes: Sequence[Seen], encoders: Sequence[str]) -> None:
    """Raise UsageError where a node would do something else under the same key."""
    from rbench import plugins

    here = there.versions()
    sources = {name: plugins.source_hash(name) for name in encoders}
    for seen in nodes:
        for name, said in here.items():
            found = seen.said.versions.get(name, "")
            if found != said:
                shown = f"{name} {found or 'none'}, and {said or 'none'} here"
                raise UsageError(
                    f"it has {name} other than here" if len(said) == 64 else f"it has {shown}",
                    where=f"node {seen.name}",
                    remedy="install the same versions on all nodes, then restart their Ray",
                )
        for name, said in sources.items():
            if seen.said.plugins.get(name) != said:
                raise UsageError(
                    f"it does not have the same encoder {name}",
                    where=f"node {seen.name}",
                    remedy="install its package, or lay its file at the same absolute path, on all "
                    "nodes",
                )
