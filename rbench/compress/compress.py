"""One compression: none, or one or two fine-tunings, one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rbench.cells.recipe import Recipe
from rbench.compress.learnt import as_trained, measuring_contexts, save_ranges
from rbench.compress.places import Floats
from rbench.compress.reference import save_reference
from rbench.compress.result import RANGES, Compressed
from rbench.compress.settings import CompressSettings
from rbench.compress.tuning import tune
from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, Form, ModelSettings
from rbench.features import Feature
from rbench.graph.model import KerasModel, count_parameters, scoring_model, set_weights
from rbench.progress import Reporter, silent
from rbench.records.history import FilterHistory
from rbench.train.settings import TrainSettings
from rbench.train.weights import load_weights, save_weights


def compress(
    recipe: Recipe,
    settings: CompressSettings,
    train_settings: TrainSettings,
    model_settings: ModelSettings,
    trained: Path,
    dataset: Dataset,
    encoder: Encoder,
    seed: int,
    folder: Path,
    report: Reporter = silent,
    *,
    filter_history: FilterHistory = "auto",
    features: Sequence[Feature] = (),
) -> Compressed:
    """Bring a training's weights into the shape that a recipe asks for.

    Args:
        trained: folder of the training's artefact.
        folder: where the weights and the reference go.
        filter_history: how validation ranks: as `rbench.evaluate` will.
        features: inputs beside the context, as in the training.

    Raises:
        StageError: a fine-tuning did not reach what it is for.
    """
    weights = load_weights(trained)

    def draw() -> KerasModel:
        model = scoring_model(encoder, model_settings, dataset.items, Form(last=True), features)
        set_weights(model, weights)
        return model

    parameters = count_parameters(draw())  # refuses weights of another encoder at once
    validation: dict[str, float] = {}
    details: dict[str, float] = {}
    ranges: dict[str, Floats] = {}
    for compression, given in recipe.fine_tunings():
        weights, validation, reached, ranges = tune(
            compression.method(given),
            settings,
            train_settings,
            model_settings,
            weights,
            dataset,
            encoder,
            seed,
            report,
            compression.word,
            filter_history,
            features,
        )
        details |= reached
    save_weights(folder, weights)
    (folder / RANGES).unlink(missing_ok=True)  # of an earlier try
    if ranges:
        contexts = measuring_contexts(dataset, model_settings.length, features)
        save_ranges(folder, recipe, draw(), ranges, contexts)
    model, _ = as_trained(draw(), folder, recipe)
    save_reference(folder, model, dataset, model_settings.length, seed, features)
    return Compressed(
        compression=recipe.compression,
        parameters=parameters,
        validation=validation,
        details=details,
    )
