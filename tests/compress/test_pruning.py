"""Pruning on the finished file: every tensor has its zeros, where they are due."""

from __future__ import annotations

import gzip
from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow_model_optimization"):  # importing it takes seconds
    pytest.skip("pruning needs rbench[sweep]", allow_module_level=True)

from rbench.train.weights import load_weights

pytestmark = pytest.mark.slow

EVERY = [("bow", ""), ("cnn", ""), ("lstm", ""), ("lstm", "unrolled+"), ("gru", "unrolled+")]
EVERY.append(("attention", ""))
COMPRESSED = {
    "bow": 2,
    "cnn": 4,
    "lstm": 10,
    "unrolled+lstm": 4,
    "unrolled+gru": 6,
    "attention": 10,
}
"""Form and encoder -> tables, kernels and gates in the file, where they are apart."""


@pytest.mark.parametrize(("encoder", "form"), EVERY)
def test_half_of_every_tensor_in_the_file_is_zero(flat, table_shape, encoder, form) -> None:
    made = flat(encoder, form + "prune50+float32")
    assert len(made.tensors) == COMPRESSED[form + encoder]
    assert table_shape in [tensor.shape for tensor in made.tensors.values()]
    for name, tensor in made.tensors.items():
        assert 0.49 <= (tensor == 0).mean() <= 0.52, name


@pytest.mark.parametrize(
    ("encoder", "form"), [("cnn", ""), ("lstm", "unrolled+"), ("attention", "")]
)
def test_two_of_every_four_neighbours_in_the_file_are_zero(
    flat, table_shape, encoder, form
) -> None:
    made = flat(encoder, form + "prune2x4+float32")
    assert len(made.tensors) == COMPRESSED[form + encoder]
    assert table_shape in [tensor.shape for tensor in made.tensors.values()]
    for name, tensor in made.tensors.items():
        blocks = tensor.reshape(-1, 4)  # every last axis here is a multiple of four
        assert ((blocks == 0).sum(axis=1) == 2).all(), name


def test_prune80_leaves_a_fifth(flat) -> None:
    for name, tensor in flat("bow", "prune80+float32").tensors.items():
        assert 0.79 <= (tensor == 0).mean() <= 0.82, name


@pytest.mark.parametrize("scheme", ["float16", "dynamic_wi8", "static_wi8_ai8"])
def test_zeros_survive_other_schemes(flat, scheme) -> None:
    for name, tensor in flat("cnn", f"prune2x4+{scheme}").tensors.items():
        assert ((tensor.reshape(-1, 4) == 0).sum(axis=1) >= 2).all(), name


@pytest.mark.parametrize(("encoder", "form"), EVERY)
def test_it_packs_better_and_is_as_large(flat, encoder, form) -> None:
    """A graph as small as this one is a third of its file: what shrinks are the numbers in it."""
    dense, pruned = flat(encoder, form + "float32"), flat(encoder, form + "prune50+float32")
    assert pruned.result.size_bytes == pytest.approx(dense.result.size_bytes, abs=100)
    before, after = (packed_size(made.tensors) for made in (dense, pruned))
    assert after <= 0.66 * before
    saved = dense.result.gzip_bytes - pruned.result.gzip_bytes
    assert saved >= (1 - 0.66) * before


def packed_size(tensors) -> int:
    stored = (tensor.astype(np.float32).tobytes() for tensor in tensors.values())
    return len(gzip.compress(b"".join(stored), 9))


def test_what_is_said_is_what_is_there(tuned) -> None:
    details = tuned("lstm", "prune50+float32").result.details
    assert details == {"zeros": 0.5, "zeros_least": 0.5, "pruned_tensors": 10}


def test_biases_norms_and_ages_are_no_victims(tuned) -> None:
    for encoder in ("attention", "bow"):
        weights = load_weights(tuned(encoder, "prune50+float32").folder)
        for name, value in weights.items():
            if value.squeeze().ndim < 2:
                assert np.count_nonzero(value) > 0.9 * value.size, name


def test_the_large_weights_stay(tuned) -> None:
    """What was large before is hardly ever what went."""
    made = tuned("bow", "prune50+float32")
    before, after = (load_weights(f)["item_table/0"] for f in (made.trained, made.folder))
    largest = np.abs(before) > np.quantile(np.abs(before), 0.9)
    assert (after[largest] != 0).mean() > 0.95


@pytest.mark.parametrize("steps", [1, 2, 7, 41, 83, 410, 997])
def test_the_last_mask_is_drawn_at_the_full_share(steps) -> None:
    """However many steps there are: TFMOT draws masks at multiples of a frequency only."""
    import tf_keras

    from rbench.compress.pruning import Pruning

    entry = tf_keras.Input((8,))
    model = tf_keras.Model(entry, tf_keras.layers.Dense(4)(entry))
    schedule = Pruning(0.8).wrap(model, steps).layers[-1].pruning_schedule
    last = schedule.end_step - schedule.end_step % schedule.frequency
    draws, share = schedule(last)
    assert draws
    assert float(share) == pytest.approx(0.8, abs=1e-6)
    assert last <= max(1, steps // 2)


def test_fine_tuning_is_the_same_again(tuned) -> None:
    first, second = (tuned("gru", "prune50+float32", again=True) for _ in range(2))
    assert first.result == second.result
    for name in ("weights.npz", "reference.npz"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        ([0, 0, 1, 1], True),
        ([0, 1, 1, 1], False),
        ([0, 0, 1, 1, 2, 0, 2, 0], True),
        ([1, 1, 0, 0, 0, 1, 1, 1], False),
        ([0, 0, 1, 1, 5], True),
    ],
)
def test_blocks(row, holds) -> None:
    from rbench.compress.pruning import blocks_hold

    assert blocks_hold(np.array([row], np.float32)) is holds
