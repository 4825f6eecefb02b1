"""One federated training: what a study asks, done by Flower, comes out as any training's result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError
from rbench.features import FeatureSpec
from rbench.federated import engine, standing
from rbench.federated.privacy import spent
from rbench.federated.rates import largest_rate
from rbench.federated.settings import FederatedSettings
from rbench.federated.task import Task, clients
from rbench.graph.model import Weights
from rbench.progress import Progress, Reporter, silent
from rbench.records.history import FilterHistory
from rbench.train import Federation, Trained, TrainSettings, checkpoint, resolve, save_weights


def federate(
    settings: FederatedSettings,
    train_settings: TrainSettings,
    model_settings: ModelSettings,
    data: Path,
    dataset: Dataset,
    encoder: Encoder,
    seed: int,
    folder: Path,
    report: Reporter = silent,
    *,
    plugin: str,
    options: dict[str, object],
    filter_history: FilterHistory = "auto",
    features: Sequence[FeatureSpec] = (),
) -> Trained:
    """Train an encoder where each user of a log is a client of their own. In simulations the same
    seed gives the same weights, also when interrupted and gone on with in the same folder.

    Args:
        data: folder of the dataset: clients are processes of their own, and read it there.
        folder: where the weights go, and a checkpoint after every round.
        plugin: the encoder's name, with its options: what processes make it from.

    Raises:
        StageError: nobody can learn, Flower fails, or the weights are no numbers any more.
    """
    users = clients(dataset)
    if not len(users):
        raise StageError("no user has two items in the training split: nothing to learn from")
    resolved = resolve(train_settings, model_settings, encoder, dataset, filter_history)
    task = Task(
        plugin=plugin,
        options=options,
        features=tuple(features),
        model=model_settings,
        train=resolved,
        federated=settings,
        filter_history=filter_history,
        items=dataset.items,
        clients=len(users),
        seed=seed,
        data=str(data.absolute()),
        folder=str(folder.absolute()),
    )
    (folder / standing.FAULT).unlink(missing_ok=True)
    (folder / standing.PROGRESS).unlink(missing_ok=True)
    engine.run(task, report)
    found = checkpoint.read(folder, standing.Standing)
    if found is None or found[0].round < settings.rounds:
        raise StageError("Flower ended without the last round", where=str(folder))
    known, groups = found
    save_weights(folder, groups["weights"])
    for name in (checkpoint.FILE, standing.PROGRESS):
        (folder / name).unlink(missing_ok=True)
    report(Progress(done=known.round, total=settings.rounds, text=""))
    return _trained(settings, known, groups["weights"], task)


def _last_loss(known: standing.Standing) -> dict[str, float]:
    """Of the last round that is told and drew anybody."""
    told = [one["loss"] for one in known.history if "loss" in one]
    return {"loss": told[-1]} if told else {}


def _trained(
    settings: FederatedSettings, known: standing.Standing, weights: Weights, task: Task
) -> Trained:
    size = sum(one.nbytes for one in weights.values())
    privacy = spent(settings, known.nodes, settings.rounds)
    return Trained(
        seed=task.seed,
        epochs=settings.rounds,
        best_epoch=settings.rounds,
        validation=known.validation,
        history=({**_last_loss(known), "seconds": known.seconds},),
        parameters=sum(one.size for one in weights.values()),
        settings=msgspec.to_builtins(task.train)
        | {"server_learning_rate": largest_rate(settings, task.model.width)},
        federation=Federation(
            rounds=settings.rounds,
            users=task.clients,
            nodes=known.nodes,
            trained=known.trained,
            failed=known.failed,
            update_bytes=size,
            down_bytes=known.down_bytes,
            up_bytes=known.up_bytes,
            seconds=known.seconds,
            privacy=privacy,
        ),
    )
