"""A process in which Flower's simulation engine runs the app: a node for each user of the log.

Started by `rbench.federated.engine` with the task in the environment, where the engine's own
processes find it, too. Imports Flower.
"""

from __future__ import annotations

import os
import sys

from rbench.federated.task import TASK, Task

MOST_ACTORS = 8
"""Processes in which clients learn, each with TensorFlow: about 900 MB."""
OBJECT_STORE_BYTES = 1 << 28


def main() -> int:
    """All rounds that are left."""
    from flwr.simulation import run_simulation

    from rbench.federated.client_app import app as client_app
    from rbench.federated.server_app import app as server_app

    task = Task.of(os.environ[TASK])
    actors = max(1, min(os.cpu_count() or 1, MOST_ACTORS, task.federated.clients_per_round))
    run_simulation(
        server_app,
        client_app,
        task.clients,
        backend_config={
            "init_args": {"num_cpus": actors, "object_store_memory": OBJECT_STORE_BYTES},
            "client_resources": {"num_cpus": 1},
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
