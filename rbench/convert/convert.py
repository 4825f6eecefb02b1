"""One conversion, from the weights on disk to the census of the finished file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rbench.cells.recipe import Recipe
from rbench.compress import as_trained
from rbench.convert.calibration import calibration_contexts
from rbench.convert.flatbuffer import op_names
from rbench.convert.inventory import take_inventory
from rbench.convert.noise import captured
from rbench.convert.result import LOG, MODEL, FlatModel
from rbench.convert.settings import ConvertSettings, PersonalSettings
from rbench.data.dataset import Dataset
from rbench.encoding import Encoder, Form, ModelSettings
from rbench.errors import Unsupported
from rbench.features import Feature
from rbench.graph.model import count_parameters, scoring_model, set_weights
from rbench.system.writing import write_atomically
from rbench.train.weights import load_weights


def convert(
    recipe: Recipe,
    settings: ConvertSettings,
    model_settings: ModelSettings,
    compressed: Path,
    dataset: Dataset,
    encoder: Encoder,
    seed: int,
    folder: Path,
    *,
    features: Sequence[Feature] = (),
    personal: PersonalSettings | None = None,
) -> FlatModel:
    """Write the .tflite of a recipe.

    Args:
        compressed: folder of the compression's artefact, with the weights.
        folder: where the model and all that the converter said go.
        features: inputs beside the context, as in the training.
        personal: how the file learns its user; None: it does not.

    Raises:
        StageError: the converter gave up; its last words are in the message, all in the log.
        Unsupported: no kernel runs what it wrote.
    """
    with captured(folder / LOG):
        import tf_keras

        from rbench.convert.export import Recommender
        from rbench.convert.filtering import filter_ranking
        from rbench.convert.personal import add_personal
        from rbench.convert.rewriting import ready_for_devices, share_and_tidy, written
        from rbench.convert.slimming import slim
        from rbench.convert.tapping import Steps, add_tap
        from rbench.convert.tflite import Exported

        # Keras numbers what has no name, and the names go into the file: count from the start.
        tf_keras.backend.clear_session()
        form = Form(last=True, unrolled=recipe.unrolled)
        model = scoring_model(encoder, model_settings, dataset.items, form, features)
        set_weights(model, load_weights(compressed))
        parameters = count_parameters(model)
        model, learnt = as_trained(model, compressed, recipe)
        top_k = min(model_settings.top_k, dataset.items)
        contexts = calibration_contexts(
            dataset, model_settings.length, settings.calibration_contexts, seed, features
        )
        recommender = Recommender(model, model_settings.length, top_k, features)
        flat, library = recipe.scheme.convert(Exported(recommender, contexts, learnt))
        shared = share_and_tidy(flat)
        if reason := recipe.scheme.objection(op_names(flat)):
            raise Unsupported(reason)
        filter_ranking(flat, allowed=settings.allowed, seen=settings.filter_seen)
        ready_for_devices(flat)
        more: dict[str, Any] = {}
        if settings.tap:
            steps = Steps(encoder, model_settings, dataset.items, compressed, contexts)
            filtered = settings.allowed or settings.filter_seen
            more = {"tap": add_tap(flat, recipe, steps, learnt=learnt, filtered=filtered)}
        if personal is not None:
            more["personal"] = add_personal(flat, personal)
        slim(flat)
        content = written(flat)
        write_atomically(folder / MODEL, content)
        found = take_inventory(content)
    return FlatModel(
        sha256=found.sha256,
        size_bytes=found.size_bytes,
        gzip_bytes=found.gzip_bytes,
        zstd_bytes=found.zstd_bytes,
        parameters=parameters,
        ops=found.ops,
        tensor_bytes=found.tensor_bytes,
        converter=library,
        census=found.facts(shared) | more,
    )
