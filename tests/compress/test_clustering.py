"""Clustering on the finished file: sixteen values a tensor."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow_model_optimization"):  # importing it takes seconds
    pytest.skip("clustering needs rbench[sweep]", allow_module_level=True)

from rbench.train.weights import load_weights

pytestmark = pytest.mark.slow

EVERY = ["bow", "cnn", "lstm", "attention"]


@pytest.mark.parametrize("encoder", EVERY)
def test_every_tensor_in_the_file_has_sixteen_values_at_most(flat, table_shape, encoder) -> None:
    tensors = flat(encoder, "cluster16+float32").tensors
    table = max(tensors.values(), key=np.size)
    assert table.shape == table_shape
    assert len(np.unique(table)) == 16
    for name, tensor in tensors.items():
        assert 2 <= len(np.unique(tensor)) <= 16, name


@pytest.mark.parametrize("scheme", ["float16", "dynamic_wi8"])
def test_other_schemes_do_not_add_values(flat, scheme) -> None:
    for name, tensor in flat("cnn", f"cluster16+{scheme}").tensors.items():
        if scheme == "float16" or tensor.ndim == 2:
            assert len(np.unique(tensor)) <= 16, name


def test_all_forms_have_the_same_clusters(flat) -> None:
    fused, unrolled = (flat("lstm", f"{form}cluster16+float32") for form in ("", "unrolled+"))
    assert len(fused.tensors) > len(unrolled.tensors) == 4
    assert all(len(np.unique(tensor)) <= 16 for tensor in unrolled.tensors.values())


def test_what_is_said_is_what_is_there(tuned) -> None:
    details = tuned("attention", "cluster16+float32").result.details
    assert details == {"distinct_most": 16, "clustered_tensors": 10}


def test_the_values_learn(tuned) -> None:
    """Nearest neighbours in the trained weights are not what comes out: centroids were trained."""
    made = tuned("bow", "cluster16+float32")
    before, after = (load_weights(f)["item_table/0"] for f in (made.trained, made.folder))
    values = np.unique(after)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.9
    nearest = values[np.abs(before[..., None] - values).argmin(axis=-1)]
    assert (nearest != after).any()


def test_the_ages_of_a_bag_and_biases_are_left_alone(tuned) -> None:
    weights = load_weights(tuned("bow", "cluster16+float32").folder)
    assert len(np.unique(weights["recency/0"])) == 6 * 8
    assert len(np.unique(weights["projection/1"])) == 16


def test_fine_tuning_is_the_same_again(tuned) -> None:
    first, second = (tuned("bow", "cluster16+float32", again=True) for _ in range(2))
    assert first.result == second.result
    assert (first.folder / "weights.npz").read_bytes() == (
        second.folder / "weights.npz"
    ).read_bytes()
