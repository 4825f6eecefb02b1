"""Quantization-aware training: what was learnt is what stands in the file."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow_model_optimization"):  # importing it takes seconds
    pytest.skip("training needs rbench[sweep]", allow_module_level=True)

from rbench.compress import RANGES, REFERENCE
from rbench.convert.flatbuffer import parse, type_name, values
from rbench.graph.model import ITEM_TABLE
from rbench.train.weights import load_weights

pytestmark = pytest.mark.slow

TABLE = f"{ITEM_TABLE}/0"
RECURRENT = ("lstm/1", "gru/1")
"""Weights that multiply a state at every step: they keep 8 bits."""


def grid(rows, most):
    """Whether each row is integers of -most to most times one number."""
    for row in rows:
        largest = np.abs(row).max()
        steps = row / (largest / most)
        if np.abs(steps - np.rint(steps)).max() > 1e-3:
            return False
    return True


@pytest.mark.parametrize("encoder", ["bow", "cnn", "lstm", "gru", "attention", "lru"])
def test_four_bits_hold_every_weight(tuned, encoder) -> None:
    weights = load_weights(tuned(encoder, "qat+weight_only_wi4").folder)
    assert len(np.unique(weights[TABLE])) <= 15
    assert grid([weights[TABLE].ravel()], 7)
    left_alone = ("item", "recency")
    kernels = {n: w for n, w in weights.items() if w.ndim > 1 and not n.startswith(left_alone)}
    kernels = {
        n: w for n, w in kernels.items() if w.shape[-1] > 2 and w.shape[0] > 2 and w.shape[-2] > 1
    }
    assert kernels
    for name, weight in kernels.items():
        most = 127 if name in RECURRENT else 7
        rows = np.moveaxis(weight, -1, 0).reshape(weight.shape[-1], -1)
        # Positions have one scale.
        assert grid(rows, most) or grid([weight.ravel()], most), name
        assert name not in RECURRENT or not grid(rows, 7)
    biases = [w for w in weights.values() if w.ndim == 1 and w.any()]
    assert not all(grid([w], 7) for w in biases)


def test_two_bits_hold_the_table_and_four_the_matrices(flat) -> None:
    made = flat("bow", "qat+dynamic_wi2")
    weights = load_weights(made.made.folder)
    levels = np.unique(weights[TABLE])
    assert np.allclose(levels / levels[-1], [-1, -1 / 3, 1 / 3, 1])
    (kernel,) = [w for n, w in weights.items() if n.startswith("projection") and w.ndim == 2]
    assert grid(kernel.T, 7)
    model = parse(made.path.read_bytes())
    (held, *_) = [t for t in model.subgraphs[0].tensors if type_name(t) == "INT2"]
    assert float(held.quantization.scale[0]) * 1.5 == pytest.approx(levels[-1], rel=1e-5)


@pytest.mark.parametrize("recipe", ["qat+dynamic_wi8", "qat+weight_only_wi4", "qat+dynamic_wi4"])
def test_the_files_table_is_the_learnt_one(flat, recipe) -> None:
    made = flat("bow", recipe)
    learnt = load_weights(made.made.folder)[TABLE]
    model = parse(made.path.read_bytes())
    held = [
        t
        for t in model.subgraphs[0].tensors
        if type_name(t) in ("INT8", "INT4")
        and list(t.shape) == list(learnt.shape)
        and values(model, t) is not None
    ]
    assert held
    integers = next(n for n in made.tensors.values() if n.shape == learnt.shape)
    for tensor in held:
        assert len(tensor.quantization.scale) == 1
        found = integers * tensor.quantization.scale[0]
        assert np.allclose(found, learnt, rtol=0, atol=1e-5 * np.abs(learnt).max())


def activations(path):
    """Scales of the int8 tensors that a run fills."""
    model = parse(path.read_bytes())
    return {
        (float(t.quantization.scale[0]), int(t.quantization.zeroPoint[0]))
        for t in model.subgraphs[0].tensors
        if type_name(t) == "INT8" and values(model, t) is None
    }


def read(path):
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


@pytest.mark.parametrize("encoder", ["bow", "cnn"])
def test_learnt_ranges_are_the_files_ranges(flat, encoder) -> None:
    made = flat(encoder, "qat+static_wi8_ai8")
    ranges = read(made.made.folder / RANGES)
    assert made.made.result.details["learnt_ranges"] == len(ranges) - 2 > 2
    due = [(high - low) / 255 for low, high in ranges.values()] + [1 / 255, 1 / 256]  # of a gate
    scales = [scale for scale, _ in activations(made.path)]
    for scale in scales:
        assert np.isclose(scale, due, rtol=1e-4).any(), scale
    for name, (low, high) in ranges.items():
        assert np.isclose((high - low) / 255, scales, rtol=1e-4).any(), name


def test_attention_has_its_ranges_around_norms_in_float(flat) -> None:
    made = flat("attention", "qat+static_wi8_ai8")
    ranges = read(made.made.folder / RANGES)
    scales = [scale for scale, _ in activations(made.path)]
    due = [(high - low) / 255 for low, high in ranges.values()] + [1 / 255, 1 / 256]
    found = [np.isclose(scale, due, rtol=1e-4).any() for scale in scales]
    assert np.mean(found) > 0.9
    assert made.result.ops["RSQRT"] == 3


@pytest.mark.parametrize("encoder", ["bow", "cnn", "attention"])
def test_the_file_answers_as_the_fake_quantized_model(flat, encoder) -> None:
    from ai_edge_litert.interpreter import Interpreter

    made = flat(encoder, "qat+static_wi8_ai8")
    assert made.result.census["item_table"]["shared"]
    reference = read(made.made.folder / REFERENCE)
    runner = Interpreter(str(made.path), num_threads=1).get_signature_runner("recommend")
    step = np.diff(read(made.made.folder / RANGES)["scores"])[0] / 255
    apart = []
    for context, scores in zip(reference["contexts"], reference["scores"], strict=True):
        given = runner(context=context[None])
        apart.append(np.abs(given["scores"][0] - scores[given["items"][0] - 1]).max() / step)
    # Half a step is rounded the other way here and there; norms carry it on.
    assert np.median(apart) <= {"bow": 1.01, "cnn": 6, "attention": 12}[encoder]
    distinct = np.unique(np.round(reference["scores"] / step))
    assert np.allclose(reference["scores"] / step, np.round(reference["scores"] / step), atol=1e-2)
    assert len(distinct) > 10


def test_a_recurrent_layer_learns_integer_weights_and_calibrates_the_rest(flat) -> None:
    made = flat("lstm", "qat+static_wi8_ai8")
    assert not (made.made.folder / RANGES).exists()
    assert made.made.result.details["learnt_ranges"] == 0
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in made.result.ops
    kernel = load_weights(made.made.folder)["lstm/0"]
    assert grid(kernel.T, 127)


def test_zeros_stay(flat) -> None:
    made = flat("cnn", "prune2x4+qat+static_wi8_ai8")
    for name, tensor in made.tensors.items():
        assert ((tensor.reshape(-1, 4) == 0).sum(axis=1) >= 2).all(), name
    assert made.made.result.details["zeros"] >= 0.5


def test_zeros_stay_at_four_bits(flat) -> None:
    for name, tensor in flat("bow", "prune50+qat+weight_only_wi4").tensors.items():
        assert (tensor == 0).mean() >= 0.49, name


@pytest.mark.parametrize("encoder", ["cnn", "lstm"])
def test_clusters_stay(flat, encoder) -> None:
    made = flat(encoder, "cluster16+qat+static_wi8_ai8")
    learnt = load_weights(made.made.folder)
    for name, value in learnt.items():
        if value.ndim > 1 and value.shape[0] > 2:
            assert len(np.unique(value)) <= 16, name
    if encoder == "cnn":
        for name, tensor in made.tensors.items():
            assert len(np.unique(tensor)) <= 16, name


def test_training_moves_the_clusters(tuned) -> None:
    only, both = (
        load_weights(tuned("bow", recipe).folder)[TABLE]
        for recipe in ("cluster16+float32", "cluster16+qat+static_wi8_ai8")
    )
    scale = np.abs(both).max() / 127
    moved = np.abs(np.unique(only) - np.unique(both)) if len(np.unique(both)) == 16 else [scale]
    assert np.max(moved) >= scale  # by more than rounding


def test_fine_tuning_is_the_same_again(tuned) -> None:
    first, second = (tuned("bow", "qat+static_wi8_ai8", again=True) for _ in range(2))
    assert first.result == second.result
    for name in ("weights.npz", "reference.npz", RANGES):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()
