"""Fine-tuning: the training's data, loss and batches, around a compression's wrappers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from rbench import plugins
from rbench.compress.places import Floats
from rbench.compress.settings import CompressSettings
from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError
from rbench.features import Feature
from rbench.graph.model import Weights, set_weights, training_model
from rbench.progress import Progress, Reporter
from rbench.recipes.compression import Method
from rbench.records.history import FilterHistory, history
from rbench.train import Learner, TrainSettings, Validator, batches, cut, resolve


class Tuned(NamedTuple):
    """What a fine-tuning gives."""

    weights: Weights
    validation: dict[str, float]
    details: dict[str, float]
    ranges: dict[str, Floats]


def tune(
    method: Method,
    settings: CompressSettings,
    train_settings: TrainSettings,
    model_settings: ModelSettings,
    weights: Weights,
    dataset: Dataset,
    encoder: Encoder,
    seed: int,
    report: Reporter,
    text: str,
    filter_history: FilterHistory,
    features: Sequence[Feature] = (),
) -> Tuned:
    """Fine-tune weights under a method, and keep the best epoch by validation NDCG@10 among those
    after which the weights are what the method is for. It is short and starts over after a kill.

    Raises:
        StageError: no epoch reached that, or the weights are no finite numbers any more.
    """
    resolved = resolve(train_settings, model_settings, encoder, dataset, filter_history)
    windows = cut(dataset.train, resolved.window, features, dataset.columns)
    steps = -(-len(windows.inputs) // resolved.batch_size)
    hiding = dataset.items if resolved.hide_history else None
    validate = Validator(
        dataset.validation,
        min(model_settings.length, resolved.window),
        resolved.validation_users,
        seed,
        padded=resolved.window,
        filtered=history(filter_history, dataset.summary).filtered,
        features=features,
    )

    def draw(encoder: Encoder, shape: ModelSettings, items: int, dropout: float, *more: Any) -> Any:
        model = training_model(encoder, shape, items, dropout, *more)
        set_weights(model, weights)
        return method.wrap(model, steps * settings.epochs)

    learner = Learner(
        draw,
        encoder,
        resolved.shape(model_settings),
        dataset.items,
        loss=plugins.loss(resolved.loss, resolved.loss_options),
        dropout=resolved.dropout,
        learning_rate=method.learning_rate(settings),
        beta_2=resolved.beta_2,
        seed=seed,
        features=features,
    )
    best: Tuned | None = None
    for epoch in range(settings.epochs):
        learner.reseed(epoch)
        order = np.random.default_rng((seed, epoch))
        made = batches(windows, resolved.batch_size, order, items=hiding)
        for step, batch in enumerate(made):
            loss = learner.step(batch)
            done = epoch + (step + 1) / steps
            report(Progress(done=done, total=settings.epochs, text=f"{text}  loss {loss:.3f}"))
        method.end_epoch()
        if not method.reached():
            continue
        scores = validate(learner.score)
        if best is None or scores["ndcg@10"] > best.validation["ndcg@10"]:
            best = Tuned(method.stripped(), scores, method.details(), method.ranges())
    if best is None:
        raise StageError(
            f"{text}: not reached after {settings.epochs} epochs",
            remedy="raise epochs in the study's [compress]",
        )
    if not all(np.isfinite(value).all() for value in best.weights.values()):
        raise StageError(
            f"{text}: the weights are no finite numbers",
            remedy="lower learning_rate in the study's [compress]",
        )
    return best
