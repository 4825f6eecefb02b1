"""Flower's ServerApp: rounds of clients, and a standing after each. Imports Flower.

Started by Flower's SuperLink, which finds ``app``.
"""

from __future__ import annotations

import time
from pathlib import Path

from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp

from rbench.errors import StageError
from rbench.federated.arrays import arrays_of, weights_of
from rbench.federated.rates import largest_rate
from rbench.federated.standing import FAULT, Clock, finite, keep, last, tell
from rbench.federated.strategy import Rounds
from rbench.federated.task import Task, learner_of, log_of, text_of
from rbench.records.history import history
from rbench.train import Validator

NODES_WITHIN_S = 600.0
"""For the nodes of a federation to be there and to say which they are."""
ROUND_WITHIN_S = 3600.0

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """All rounds that are left."""
    task = Task.of(text_of(context.run_config))
    try:
        _run(task, grid)
    except Exception as error:
        said = str(error) or type(error).__name__
        (Path(task.folder) / FAULT).write_text(said, encoding="utf-8")
        raise


def _run(task: Task, grid: Grid) -> None:
    folder, settings = Path(task.folder), task.federated
    learner = learner_of(task.text())
    standing, groups = last(folder, learner.weights())
    standing.rounds = settings.rounds
    nodes = _nodes(grid, fewest=1 if settings.superlink else task.clients)
    standing.nodes = len(nodes)
    start = ArrayRecord(arrays_of(groups["weights"]))
    rounds = Rounds(
        settings,
        nodes,
        largest_rate(settings, task.model.width),
        start,
        standing,
        groups,
        seed=task.seed,
        seeded=not settings.superlink,
    )
    validate = None if settings.superlink else _validator(task)
    clock = Clock()
    tell(folder, standing)

    def after(number: int, record: ArrayRecord) -> MetricRecord | None:
        if not number:
            return None
        standing.round = rounds.done + number
        weights = weights_of(record)
        if not finite(weights):
            raise StageError(
                f"weights are no finite numbers after round {standing.round}",
                remedy="lower server_learning_rate or local_learning_rate in the study's "
                "[federated]",
            )
        if rounds.asked and not rounds.losses:
            raise StageError(f"no client answered in round {standing.round}")
        looked = standing.round % settings.validate_every == 0
        if looked or standing.round == settings.rounds:
            said = {"round": float(standing.round)}
            if rounds.losses:
                said["loss"] = sum(rounds.losses) / len(rounds.losses)
            if validate:
                learner.start_from(weights)
                standing.validation = validate(learner.score)
                said["ndcg@10"] = standing.validation["ndcg@10"]
            standing.history.append(said)
        standing.seconds += clock.passed()
        keep(folder, standing, {"weights": weights, **rounds.remembered()})
        return None

    left = settings.rounds - standing.round
    if left > 0:
        rounds.start(grid, start, left, timeout=ROUND_WITHIN_S, evaluate_fn=after)


def _nodes(grid: Grid, fewest: int) -> list[int]:
    """Flower's numbers of the nodes, which are drawn anew each time, by what the nodes say of
    themselves: their place among the partitions.
    """
    until = time.monotonic() + NODES_WITHIN_S
    while len(found := list(grid.get_node_ids())) < fewest and time.monotonic() < until:
        time.sleep(0.5)
    asked = [Message(RecordDict(), dst_node_id=one, message_type="query") for one in found]
    said: dict[int, int] = {}
    shares: list[int] = []
    for answer in grid.send_and_receive(asked, timeout=NODES_WITHIN_S):
        if not answer.has_error():
            node = answer.content["metrics"]
            said[answer.metadata.src_node_id] = int(node["partition"])
            if int(node["partitions"]) > 1:  # of one log; else it has a log of its own
                shares.append(int(node["partition"]))
    places = sorted(said, key=lambda node: (said[node], node))
    if not places:
        raise StageError(f"none of {len(found)} nodes answered", remedy="look at the nodes' logs")
    twice = len(shares) - len(set(shares))
    if twice:
        raise StageError(
            f"{twice + 1} nodes have the same partition-id",
            remedy="start each SuperNode with --node-config 'partition-id=N num-partitions=M'",
        )
    return places


def _validator(task: Task) -> Validator:
    log = log_of(task.data)
    return Validator(
        log.validation,
        min(task.model.length, task.train.window),
        task.train.validation_users,
        task.seed,
        padded=task.train.window,
        filtered=history(task.filter_history, log.summary).filtered,
        features=task.inputs,
    )
