"""Flower's ClientApp: learns from its own log, and gives its weights back.

Imports Flower. Started by Flower's SuperNodes and simulations, which find ``app``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.mod import fixedclipping_mod

from rbench.federated.arrays import arrays_of, weights_of
from rbench.federated.strategy import CLIPPING, CONFIG
from rbench.federated.task import Task, learn, log_of, own, text_of
from rbench.train import Windows, cut


def clipping(message: Message, context: Context, go_on: Callable[..., Message]) -> Message:
    """Flower's clipping, where the server asks for it: before the update leaves."""
    asked = CONFIG in message.content and CLIPPING in message.content[CONFIG]
    if not asked:
        return go_on(message, context)
    found: Message = fixedclipping_mod(message, context, go_on)
    return found


app = ClientApp(mods=[clipping])


@app.train()
def train(message: Message, context: Context) -> Message:
    """A round's work of one client."""
    task = Task.of(text_of(context.run_config))
    number = int(message.content[CONFIG]["server-round"])
    found = learn(
        task,
        weights_of(message.content["arrays"]),
        _windows(context),
        number,
        int(context.node_config.get("partition-id", 0)),
    )
    # Users weigh alike: what bounds each one's influence, and hides how much they have.
    metrics = MetricRecord({"num-examples": 1, "loss": found.loss})
    content = RecordDict({"arrays": ArrayRecord(arrays_of(found.weights)), "metrics": metrics})
    return Message(content, reply_to=message)


@app.query()
def say(message: Message, context: Context) -> Message:
    """Which node this is, by its own configuration."""
    node = {
        "partition": int(context.node_config.get("partition-id", 0)),
        "partitions": int(context.node_config.get("num-partitions", 1)),
    }
    return Message(RecordDict({"metrics": MetricRecord(node)}), reply_to=message)


def _windows(context: Context) -> Windows:
    text = text_of(context.run_config)
    folder = str(context.node_config.get("data", ""))
    partition = int(context.node_config.get("partition-id", 0))
    return _cut(text, folder, partition, int(context.node_config.get("num-partitions", 1)))


@lru_cache(maxsize=256)
def _cut(text: str, folder: str, partition: int, partitions: int) -> Windows:
    task = Task.of(text)
    node = {"partition-id": partition, "num-partitions": partitions}
    sequences, columns = own(log_of(folder or task.data), node)
    return cut(sequences, task.train.window, task.inputs, columns)
