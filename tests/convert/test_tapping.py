"""The signature `tap`: the same answers item by item, one item table, and reasons where there is
none.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="conversion needs rbench[sweep]")

from rbench import plugins
from rbench.cells.recipe import Recipe
from rbench.convert import MODEL, ConvertSettings, convert
from rbench.convert.flatbuffer import parse
from rbench.convert.item_table import find_item_table
from rbench.convert.leading import leading
from rbench.errors import StageError
from rbench.evaluate.file_scorer import FileScorer
from rbench.evaluate.tap_scorer import TapScorer
from rbench.graph.model import tap_model
from rbench_encoders.gru import Gru

APART = {
    "float32": 1e-5,
    "float16": 1e-3,
    "dynamic_wi8": 0.05,
    "dynamic_wi4": 0.05,
    "static_wi8_ai8": 0.15,
}
"""Scheme -> how far a tap's scores may lie from recommend's, as a share of their spread. The two
round alike where activations are floats; quantized, each graph rounds at places of its own."""
CASES = [
    (name, scheme)
    for name in ("gru", "lstm", "lru")
    for scheme in APART
    if name == "gru" or scheme in ("float32", "dynamic_wi8", "static_wi8_ai8")
]


@pytest.fixture(scope="module")
def tapped(dataset, model_settings, compressed, tmp_path_factory):
    """(encoder's name, recipe) -> the file with a tap, what was said of it."""

    @cache
    def make(name, recipe):
        folder = tmp_path_factory.mktemp("tapped")
        settings = ConvertSettings(calibration_contexts=40, tap=True)
        made = convert(
            Recipe.parse(recipe),
            settings,
            model_settings,
            compressed(name),
            dataset,
            plugins.encoder(name),
            1,
            folder,
        )
        return folder / MODEL, made

    return make


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scheme"), CASES)
def test_a_tap_says_what_the_whole_context_says(name, scheme, tapped, dataset, converted):
    path, made = tapped(name, scheme)
    width = made_width(path)
    length = FileScorer(path, dataset.items).length
    assert made.census["tap"] == {"numbers": plugins.encoder(name).state(width, length)}
    scorer, tap = FileScorer(path, dataset.items), TapScorer(path)
    contexts = dataset.test.contexts(scorer.length)[:60]
    contexts = np.concatenate([contexts, np.zeros_like(contexts[:1])])
    wanted = scorer(contexts)
    found = np.stack([tap(context[context > 0]) for context in contexts])
    apart = float(np.sqrt(np.square(found - wanted).mean()) / wanted.std())
    assert apart < APART[scheme]
    alone = FileScorer(converted(name, scheme).path, dataset.items)
    assert np.array_equal(alone(contexts), wanted), "the tap changes what recommend answers"


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scheme"), CASES)
def test_both_signatures_read_one_item_table(name, scheme, tapped):
    path, made = tapped(name, scheme)
    first, second = parse(path.read_bytes()), parse(leading(path.read_bytes(), "tap"))
    places = set()
    for model in (first, second):
        model.subgraphs = model.subgraphs[:1]
        table, graph = find_item_table(model), model.subgraphs[0]
        places |= {graph.tensors[n].buffer for n in (table.lookup, table.scoring)}
    assert len(places) == 1
    assert made.census["stored_twice"]["buffers"] == 0
    assert made.ops.keys().isdisjoint({"CUSTOM", "STABLEHLO_CUSTOM_CALL"})


@pytest.mark.slow
def test_what_cannot_have_a_tap_says_why(tapped):
    assert tapped("bow", "float32")[1].census["tap"] == {"reason": plugins.encoder("bow").stateless}
    assert "contexts" in tapped("lru", "static_wi8_ai16")[1].census["tap"]["reason"]


def test_a_tap_of_another_shape_is_refused(model_settings):
    from tf_keras import layers

    class Wide(Gru):
        def tap(self, embedding, mask, state, length):
            vector, after = super().tap(embedding, mask, state, length)
            return vector, layers.Concatenate()([after, after])

    with pytest.raises(StageError, match=r"the tap of Wide returned a state \(batch, 32\)"):
        tap_model(Wide(), model_settings, 10)


def made_width(path):
    """Numbers in a row of a file's item table."""
    model = parse(path.read_bytes())
    model.subgraphs = model.subgraphs[:1]
    return int(model.subgraphs[0].tensors[find_item_table(model).lookup].shape[1])
