"""A table in parts: what it is, how it learns, what is left of the parts in a file."""

import msgspec
import numpy as np
import pytest

pytest.importorskip("tf_keras", reason="training needs rbench[sweep]")

from dataclasses import replace

from rbench import plugins
from rbench.data.dataset import ItemFeatures, Ragged
from rbench.encoding import Form
from rbench.graph.model import get_weights, scoring_model, set_weights
from rbench.progress import silent
from rbench.train import TrainSettings, train
from rbench.train.item_rows import OWN, VECTORS, ItemRows
from rbench.train.weights import load_weights

TABLE = "item_table/0"
SETTINGS = TrainSettings(epochs=2, batch_size=16)


def features(items: int) -> ItemFeatures:
    """Two values, by turns; the last item has none."""
    values = np.arange(items - 1, dtype=np.int32) % 2
    offsets = np.minimum(np.arange(items + 1), items - 1).astype(np.int64)
    return ItemFeatures(Ragged(values, offsets), np.full(items - 1, 0.5, np.float32), ("x", "y"))


def test_gradients_of_the_parts_are_those_of_the_table():
    import tensorflow as tf

    known = features(5)
    table = tf.Variable(np.arange(10, dtype=np.float32).reshape(5, 2))
    other = tf.Variable([1.0])
    rows = ItemRows(table, known)
    assert rows.parts([other, table]) == [other, rows.own, rows.vectors]
    rows.vectors.assign([[1.0, 2.0], [3.0, 4.0]])
    factors = tf.constant(np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32))
    with tf.GradientTape() as tape:
        put = rows.own + known.matrix() @ rows.vectors
        loss = tf.reduce_sum(put * factors)
    due = tape.gradient(loss, [rows.own, rows.vectors])
    found = rows.gradients([other, table], [tf.constant([7.0]), factors])
    assert np.array_equal(found[0], [7.0])
    assert np.allclose(found[1], due[0])
    assert np.allclose(found[2], due[1])
    rows.fold()
    assert np.allclose(table, put)


@pytest.fixture(scope="module")
def trained(dataset, model_settings, tmp_path_factory):
    known = replace(dataset, item_features=features(dataset.items))
    folder = tmp_path_factory.mktemp("rows")
    train(SETTINGS, model_settings, known, plugins.encoder("bow"), 1, folder, item_features=True)
    return known, load_weights(folder)


def test_the_table_is_its_parts_and_the_graph_knows_it_alone(trained, model_settings):
    known, weights = trained
    assert weights[VECTORS].any()
    put = weights[OWN] + known.item_features.matrix() @ weights[VECTORS]
    assert np.allclose(weights[TABLE], put, atol=1e-6)
    model = scoring_model(plugins.encoder("bow"), model_settings, known.items, Form(last=True))
    set_weights(model, weights)
    assert not {name for name in get_weights(model) if name in (OWN, VECTORS)}


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(
    trained, model_settings, tmp_path
):
    known, weights = trained

    class Stopped(Exception):  # noqa: N818 - what happened
        pass

    def stop(progress):
        if progress.done >= 1.2:
            raise Stopped

    bow = plugins.encoder("bow")
    with pytest.raises(Stopped):
        train(SETTINGS, model_settings, known, bow, 1, tmp_path, stop, item_features=True)
    train(SETTINGS, model_settings, known, bow, 1, tmp_path, silent, item_features=True)
    again = load_weights(tmp_path)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)


def test_without_it_a_table_is_a_table(trained, model_settings, tmp_path):
    known, weights = trained
    bow = plugins.encoder("bow")
    train(msgspec.structs.replace(SETTINGS, epochs=1), model_settings, known, bow, 1, tmp_path)
    plain = load_weights(tmp_path)
    assert set(weights) - set(plain) == {OWN, VECTORS}
