"""Files of a model that nobody trained: how a row is stored does not ask for it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from rbench import data
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings

SHAPE = ModelSettings(width=32, length=8, top_k=20)


@pytest.fixture(scope="session")
def dataset():
    synthetic = SyntheticSettings(users=120, items=149, interactions_per_user=12)
    return data.load(DataSettings(synthetic=synthetic))


@pytest.fixture(scope="session")
def file(dataset, tmp_path_factory):
    """(recipe, encoder, filters) -> the path of a file."""
    pytest.importorskip("tensorflow", reason="conversion needs rbench[sweep]")
    from rbench import plugins
    from rbench.cells.recipe import Recipe
    from rbench.convert import MODEL, ConvertSettings, convert
    from rbench.encoding import Form
    from rbench.graph.model import get_weights, scoring_model
    from rbench.train.weights import save_weights

    @cache
    def make(recipe, encoder="bow", filters=False):
        folder = tmp_path_factory.mktemp("file")
        bow = plugins.encoder(encoder)
        import tf_keras

        tf_keras.utils.set_random_seed(3)
        weights = get_weights(scoring_model(bow, SHAPE, dataset.items, Form(last=True)))
        weights["item_table/0"] = weights["item_table/0"] * np.float32(20)
        save_weights(folder, weights)
        settings = ConvertSettings(calibration_contexts=40, allowed=filters, filter_seen=filters)
        convert(Recipe.parse(recipe), settings, SHAPE, folder, dataset, bow, 1, folder)
        return folder / MODEL

    return make
