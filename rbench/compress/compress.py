"""One compression: today only the one that changes nothing.

Pruning, clustering and quantization-aware training are refused by `rbench.policy` until they are
here; the stage already stands between training and conversion, with the reference that parity is
measured on.
"""

from __future__ import annotations

from pathlib import Path

from rbench.compress.reference import save_reference
from rbench.compress.result import Compressed
from rbench.compress.settings import CompressSettings
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
    """
    if recipe.compression:
        raise Unsupported(
            f"rbench does not do {recipe.compression} yet", allowed="recipes without compression"
        )
    weights = load_weights(trained)
    model = scoring_model(encoder, model_settings, dataset.items, Form(last=True))
    set_weights(model, weights)
    save_weights(folder, weights)
    save_reference(folder, model, dataset, model_settings.length, seed)
    return Compressed(compression=recipe.compression, parameters=count_parameters(model))
