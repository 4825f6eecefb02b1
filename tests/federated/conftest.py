"""The app in this process: Flower's own ClientApp and ServerApp, and messages that go no way."""

import random

import numpy as np
import pytest

from rbench.data import DataSettings, SyntheticSettings, load, save
from rbench.encoding import ModelSettings
from rbench.federated.settings import FederatedSettings
from rbench.plugins import encoder
from rbench.train import TrainSettings, resolve


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    """A log of twelve users: (dataset, its folder)."""
    synthetic = SyntheticSettings(users=12, items=20, interactions_per_user=8)
    dataset = load(DataSettings(synthetic=synthetic))
    folder = tmp_path_factory.mktemp("log")
    save(dataset, folder)
    return dataset, folder


@pytest.fixture
def task_of(log, tmp_path):
    """Makes the task of a federated training on that log."""
    pytest.importorskip("tensorflow", reason="training needs rbench[sweep]")
    from rbench.federated.task import Task, clients

    dataset, data = log

    def made(folder="one", **settings):
        (tmp_path / folder).mkdir(exist_ok=True)
        model = ModelSettings(width=8, length=6, top_k=10)
        asked = {"rounds": 3, "clients_per_round": 4, "validate_every": 2, **settings}
        return Task(
            plugin="bow",
            model=model,
            train=resolve(TrainSettings(), model, encoder("bow", {}), dataset),
            federated=FederatedSettings(**asked),
            items=dataset.items,
            clients=len(clients(dataset)),
            seed=1,
            data=str(data),
            folder=str(tmp_path / folder),
        )

    return made


class Loop:
    """Flower's grid, of nodes in this process. Their numbers are drawn, as in a simulation."""

    def __init__(self, task, nodes, *, ending_after=None):
        from flwr.app import Context, RecordDict
        from flwr.supercore.task_identity import TaskIdentity

        TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, 1, 0
        self.task, self.rounds, self.ending_after = task, 0, ending_after
        numbers = random.sample(range(10**9), nodes)
        self.contexts = {
            number: Context(
                run_id=1,
                node_id=number,
                node_config={"partition-id": place, "num-partitions": nodes},
                state=RecordDict(),
                run_config={"task": task.text()},
            )
            for place, number in enumerate(numbers)
        }
        self.sent = []

    def get_node_ids(self):
        return set(self.contexts)

    def send_and_receive(self, messages, *, timeout=None):
        from rbench.federated.client_app import app

        messages = list(messages)
        if messages and messages[0].metadata.message_type == "train":
            self.rounds += 1
            if self.rounds == self.ending_after:
                raise KeyboardInterrupt
        self.sent += messages
        answers = [app(one, self.contexts[one.metadata.dst_node_id]) for one in messages]
        random.shuffle(answers)
        return answers


@pytest.fixture
def trained():
    """Runs the server's app over such a grid; gives the weights, the standing and the grid."""
    pytest.importorskip("flwr", reason="Flower is not installed: pip install 'rbench[federated]'")
    from pathlib import Path

    from flwr.app import Context, RecordDict

    from rbench.federated.server_app import main
    from rbench.federated.standing import Standing
    from rbench.train import checkpoint

    def run(task, nodes=None, *, ending_after=None):
        grid = Loop(task, nodes or task.clients, ending_after=ending_after)
        config = {"task": task.text()}
        context = Context(
            run_id=1, node_id=0, node_config={}, state=RecordDict(), run_config=config
        )
        before = np.random.get_state()
        try:
            main(grid, context)
        finally:
            np.random.set_state(before)
        standing, groups = checkpoint.read(Path(task.folder), Standing)
        return groups["weights"], standing, grid

    return run
