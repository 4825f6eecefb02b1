"""One compression: none, or one or two fine-tunings, one behind the other."""

from __future__ import annotations

from pathlib import Path

from rbench.compress.method import Method
from rbench.compress.reference import save_reference
from rbench.compress.result import Compressed
from rbench.compress.settings import CompressSettings
from rbench.compress.tuning import tune
from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, Form, ModelSettings
from rbench.errors import Unsupported
from rbench.model import count_parameters, scoring_model, set_weights
from rbench.progress import Reporter, silent
from rbench.recipe import Recipe
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
) -> Compressed:
    """Bring a training's weights into the shape that a recipe asks for.

    Args:
        trained: folder of the training's artefact.
        folder: where the weights and the reference go.

    Raises:
        Unsupported: the recipe asks for a compression that rbench does not do.
        StageError: a fine-tuning did not reach what it is for.
    """
    methods = _methods(recipe)
    weights = load_weights(trained)
    model = scoring_model(encoder, model_settings, dataset.items, Form(last=True))
    set_weights(model, weights)
    parameters = count_parameters(model)
    validation: dict[str, float] = {}
    details: dict[str, float] = {}
    for text, method in methods:
        weights, validation, reached = tune(
            method,
            settings,
            train_settings,
            model_settings,
            weights,
            dataset,
            encoder,
            seed,
            report,
            text,
        )
        details |= reached
    if methods:
        # Fine-tuning has cleared Keras's names: draw the model anew.
        model = scoring_model(encoder, model_settings, dataset.items, Form(last=True))
        set_weights(model, weights)
    save_weights(folder, weights)
    save_reference(folder, model, dataset, model_settings.length, seed)
    return Compressed(
        compression=recipe.compression,
        parameters=parameters,
        validation=validation,
        details=details,
    )


def _methods(recipe: Recipe) -> list[tuple[str, Method]]:
    found: list[tuple[str, Method]] = []
    if recipe.qat:
        raise Unsupported(
            f"rbench does not do {recipe.compression} yet", allowed="recipes without qat"
        )
    if recipe.pruning.startswith("cluster"):
        from rbench.compress.clustering import Clustering

        found.append((recipe.pruning, Clustering(recipe.pruning)))
    elif recipe.pruning:
        from rbench.compress.pruning import Pruning

        found.append((recipe.pruning, Pruning(recipe.pruning)))
    return found
