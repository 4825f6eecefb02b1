"""One training: Adam, a loss at every position, early stopping on validation NDCG@10."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from rbench import plugins
from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError
from rbench.features import Feature
from rbench.graph.model import ITEM_TABLE, count_parameters, training_model
from rbench.progress import Progress, Reporter, silent
from rbench.records.history import FilterHistory, history
from rbench.train import checkpoint
from rbench.train.learner import Learner
from rbench.train.result import Trained
from rbench.train.rules import resolve
from rbench.train.schedule import learning_rate
from rbench.train.settings import TrainSettings
from rbench.train.starts import from_counts
from rbench.train.validate import Validator
from rbench.train.weights import save_weights
from rbench.train.windows import batches, cut

TABLE = f"{ITEM_TABLE}/0"


def train(
    settings: TrainSettings,
    model_settings: ModelSettings,
    dataset: Dataset,
    encoder: Encoder,
    seed: int,
    folder: Path,
    report: Reporter = silent,
    *,
    filter_history: FilterHistory = "auto",
    features: Sequence[Feature] = (),
    item_features: bool = False,
) -> Trained:
    """Train an encoder on a log. The same seed gives the same weights, also when interrupted and
    gone on with in the same folder.

    Args:
        folder: where the weights go, and a checkpoint after every epoch.
        filter_history: how validation ranks: as `rbench.evaluate` will.
        features: inputs beside the context; the dataset has their columns.
        item_features: whether items learn with what the dataset's table says of them.

    Raises:
        StageError: there is nothing to learn from, a setting does not suit the encoder, or the loss
            is no number any more.
        PluginError: the loss is not there, or refuses an option.
    """
    resolved = resolve(settings, model_settings, encoder, dataset, filter_history)
    windows = cut(dataset.train, resolved.window, features, dataset.columns)
    if not len(windows.inputs):
        raise StageError("no user has two items in the training split: nothing to learn from")
    validate = Validator(
        dataset.validation,
        min(model_settings.length, resolved.window),
        resolved.validation_users,
        seed,
        padded=resolved.window,
        filtered=history(filter_history, dataset.summary).filtered,
        features=features,
    )
    learner = Learner(
        training_model,
        encoder,
        resolved.shape(model_settings),
        dataset.items,
        loss=plugins.loss(resolved.loss, resolved.loss_options),
        dropout=resolved.dropout,
        learning_rate=resolved.learning_rate,
        beta_2=resolved.beta_2,
        seed=seed,
        features=features,
        item_features=dataset.item_features if item_features else None,
    )
    if resolved.start == "counts":
        learner.start_from({TABLE: from_counts(dataset, learner.weights()[TABLE])})
    standing, best = checkpoint.Standing(), learner.weights()
    started_with = {"weights": best, "best": best, "optimizer": learner.optimizer_state()}
    found = checkpoint.load(folder, like=started_with)
    if found:
        standing, groups = found
        best = groups["best"]
        learner.restore(groups["weights"], groups["optimizer"])
    steps = -(-len(windows.inputs) // resolved.batch_size)
    hiding = dataset.items if resolved.hide_history else None
    while standing.epoch < resolved.epochs and not _settled(standing, resolved.patience):
        epoch = standing.epoch
        started = time.monotonic()
        learner.reseed(epoch)
        losses = []
        order = np.random.default_rng((seed, epoch))
        for step, batch in enumerate(batches(windows, resolved.batch_size, order, items=hiding)):
            number = epoch * steps + step
            learner.set_learning_rate(learning_rate(resolved, number, resolved.epochs * steps))
            losses.append(learner.step(batch))
            report(
                Progress(
                    done=epoch + (step + 1) / steps,
                    total=resolved.epochs,
                    text=_text(float(np.mean(losses[-20:])), standing),
                )
            )
        loss, weights = float(np.mean(losses)), learner.weights()
        # The last step may break weights that no loss has seen yet.
        if not all(np.isfinite(value).all() for value in (np.array(loss), *weights.values())):
            raise StageError(
                f"loss or weights are no finite numbers after epoch {epoch + 1} (loss {loss})",
                remedy="lower learning_rate in the study's [train]",
            )
        scores = validate(learner.score)
        standing.history.append(
            {"loss": loss, "ndcg@10": scores["ndcg@10"], "seconds": time.monotonic() - started}
        )
        if not standing.best or scores["ndcg@10"] > standing.best["ndcg@10"]:
            standing.best, standing.best_epoch = scores, standing.epoch
            best = weights
        checkpoint.save(
            folder,
            standing,
            {"weights": weights, "best": best, "optimizer": learner.optimizer_state()},
        )
        report(Progress(done=standing.epoch, total=resolved.epochs, text=_text(loss, standing)))
    save_weights(folder, best)
    (folder / checkpoint.FILE).unlink(missing_ok=True)
    return Trained(
        seed=seed,
        epochs=standing.epoch,
        best_epoch=standing.best_epoch,
        validation=standing.best,
        history=tuple(standing.history),
        parameters=count_parameters(learner.model),
        settings=msgspec.to_builtins(resolved),
    )


def _settled(standing: checkpoint.Standing, patience: int) -> bool:
    return standing.epoch - standing.best_epoch >= patience


def _text(loss: float, standing: checkpoint.Standing) -> str:
    best = f"  ndcg@10 {standing.best['ndcg@10']:.4f}" if standing.best else ""
    return f"loss {loss:.3f}{best}"
