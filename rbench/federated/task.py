"""What both sides of the app know: the model, its loss, and how a client learns from its own log.

Flower runs `rbench.federated.client_app` and `rbench.federated.server_app` in processes of its own;
what they are to do comes to them as the text of a `Task`: in the run's configuration, or in the
environment of a simulation.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench import plugins
from rbench.data import open_dataset
from rbench.data.dataset import Columns, Dataset, Ragged
from rbench.encoding import ModelSettings
from rbench.features import Feature, FeatureSpec
from rbench.federated.settings import FederatedSettings
from rbench.graph.model import Weights, training_model
from rbench.records.history import FilterHistory
from rbench.train import Learner, Resolved, Windows, batches

KEY, TASK = "task", "RBENCH_FEDERATED_TASK"
"""In Flower's run configuration, and in the environment."""
USERS_APART = 1_000_003
"""Dropout's seeds are by round and client."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One federated training."""

    plugin: str
    options: dict[str, Any] = {}
    features: tuple[FeatureSpec, ...] = ()
    model: ModelSettings
    train: Resolved
    federated: FederatedSettings
    filter_history: FilterHistory = "auto"
    items: int
    """Size of the catalogue, which all clients know."""
    clients: int
    """Users of the log that can learn, each a node of a simulation."""
    seed: int
    data: str
    """Folder of the log, unless a node's own configuration names another."""
    folder: str
    """Where the server keeps its standing."""

    @classmethod
    def of(cls, text: str) -> Task:
        """The task that a text says."""
        return msgspec.json.decode(text, type=cls)

    def text(self) -> str:
        """As it travels."""
        return msgspec.json.encode(self).decode()

    @property
    def inputs(self) -> list[Feature]:
        """What the encoder is given beside the context."""
        return [plugins.feature(spec.name, spec.options) for spec in self.features]


def text_of(run_config: Mapping[str, Any]) -> str:
    """The text of a run's task."""
    return str(run_config.get(KEY) or os.environ[TASK])


@lru_cache(maxsize=1)
def learner_of(text: str) -> Learner:
    """The model of a task in this process: drawn once, and given weights again and again."""
    task = Task.of(text)
    return Learner(
        training_model,
        plugins.encoder(task.plugin, task.options),
        task.train.shape(task.model),
        task.items,
        loss=plugins.loss(task.train.loss, task.train.loss_options),
        dropout=task.train.dropout,
        learning_rate=task.federated.local_learning_rate,
        beta_2=task.train.beta_2,
        seed=task.seed,
        features=task.inputs,
        plain=True,
    )


@lru_cache(maxsize=4)
def log_of(folder: str) -> Dataset:
    """A log, read once a process."""
    return open_dataset(Path(folder))


class Learnt(NamedTuple):
    """What a client gives back."""

    weights: Weights
    loss: float
    """Mean over its steps."""


def clients(log: Dataset) -> NDArray[np.int64]:
    """The users that can learn: those with two interactions and more, one after the other."""
    return np.flatnonzero(np.diff(log.train.offsets) > 1)


def own(log: Dataset, node: Mapping[str, Any]) -> tuple[Ragged, Columns]:
    """What a node has: the users whose place leaves its ``partition-id`` by ``num-partitions``, and
    what is beside their items.

    In a simulation there are as many partitions as users, so each node is one user; a node that
    says neither has all users of the log that it was given.
    """
    users = clients(log)
    share = users[int(node.get("partition-id", 0)) :: int(node.get("num-partitions", 1))]
    offsets = log.train.offsets
    places = np.concatenate(
        [np.zeros(0, np.int64), *(np.arange(offsets[user], offsets[user + 1]) for user in share)]
    )
    ends = np.cumsum([0, *np.diff(offsets)[share]], dtype=np.int64)
    columns = {name: values[places] for name, values in log.columns.items()}
    return Ragged(log.train.values[places], ends), columns


def learn(task: Task, weights: Weights, windows: Windows, number: int, node: int) -> Learnt:
    """What a client makes of the server's weights.

    Args:
        windows: its own.
        number: of the round, from 1.
        node: of the client, from 0; with the seed and the round it decides all that is drawn.
    """
    learner = learner_of(task.text())
    learner.start_from(weights)
    size = min(task.federated.local_batch_size, _round(len(windows.inputs)))
    hiding = task.items if task.train.hide_history else None
    losses = []
    for epoch in range(task.federated.local_epochs):
        learner.reseed((number * USERS_APART + node) * task.federated.local_epochs + epoch)
        order = np.random.default_rng((task.seed, number, node, epoch))
        losses += [learner.step(one) for one in batches(windows, size, order, items=hiding)]
    return Learnt(learner.weights(), float(np.mean(losses)))


def _round(windows: int) -> int:
    """The next power of two: steps are compiled for each number of windows that is met."""
    return 1 << (windows - 1).bit_length()
