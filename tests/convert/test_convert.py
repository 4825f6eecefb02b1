"""Conversion: what the file says of itself, what it answers, and how close that is to Keras."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("conversion needs rbench[sweep]", allow_module_level=True)

from backports import zstd

from rbench import plugins
from rbench.cells.recipe import Recipe
from rbench.convert import (
    INPUT,
    LOG,
    MODEL,
    OUTPUT_ITEMS,
    OUTPUT_SCORES,
    SIGNATURE,
    ConvertSettings,
    convert,
)
from rbench.convert.flatbuffer import op_name
from rbench.convert.norms import inside_norms
from rbench.encoding import Encoder, Form, ModelSettings
from rbench.errors import StageError, Unsupported
from rbench.evaluate.file_scorer import FileScorer
from rbench.graph.model import get_weights, scoring_model
from rbench.train.weights import save_weights

pytestmark = pytest.mark.slow

ITEMS = 150
STATIC = "static_wi8_ai8"
CURVES = 8 * 16 - 8 * 8
"""Numbers that a file has more than the bag of words: a filter for each channel, a curve for two.
"""
SCHEMES = ("float32", "float16", "dynamic_wi8", STATIC)
PACKED = ("weight_only_wi8", "weight_only_wi4", "dynamic_wi4")
"""By rbench itself, of tf.lite's float32 file."""
CELLS = [
    *((name, scheme) for name in ("bow", "lstm") for scheme in (*SCHEMES, *PACKED)),
    ("bow", "static_wi8_ai16"),
    ("attention", "static_wi8_ai16"),
    ("attention", "dynamic_wi4"),
    ("gru", "unrolled+static_wi8_ai16"),
    ("lstm", "unrolled+static_wi8_ai8"),
    ("cnn", "static_wi8_ai8"),
    ("gru", "unrolled+static_wi8_ai8"),
    ("attention", "static_wi8_ai8"),
    *(
        ("lru", scheme)
        for scheme in ("float32", "dynamic_wi8", "weight_only_wi4", STATIC, "static_wi8_ai16")
    ),
]
every_cell = pytest.mark.parametrize(("name", "recipe"), CELLS)


def opened(path):
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path), num_threads=1)


def flat(path):
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)


def overlap(scores, others, k=10) -> float:
    best, found = (np.argsort(-s, axis=1, kind="stable")[:, :k] for s in (scores, others))
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(best, found, strict=True)]))


@every_cell
def test_the_signature_is_addressed_by_name(converted, name, recipe) -> None:
    interpreter = opened(converted(name, recipe).path)
    signature = {"inputs": [INPUT], "outputs": sorted([OUTPUT_ITEMS, OUTPUT_SCORES])}
    found = interpreter.get_signature_list()
    assert {k: {w: sorted(v[w]) for w in v} for k, v in found.items()} == {SIGNATURE: signature}
    runner = interpreter.get_signature_runner(SIGNATURE)
    inputs, outputs = runner.get_input_details(), runner.get_output_details()
    assert (inputs[INPUT]["shape"].tolist(), inputs[INPUT]["dtype"]) == ([1, 8], np.int32)
    for output, kind in ((OUTPUT_ITEMS, np.int32), (OUTPUT_SCORES, np.float32)):
        assert outputs[output]["shape"].tolist() == [1, 20]
        assert outputs[output]["dtype"] == kind


@every_cell
def test_answers_are_items_of_the_catalogue_best_first(converted, name, recipe) -> None:
    made = converted(name, recipe)
    scorer = FileScorer(made.path, ITEMS)
    for context in [np.zeros(8, np.int32), np.full(8, ITEMS, np.int32), *made.contexts[:20]]:
        answer = scorer.answer(context)
        assert np.isfinite(answer.scores).all()
        assert (np.diff(answer.scores) <= 1e-6).all()  # DEQUANTIZE rounds like ones apart
        assert answer.items.min() >= 1, "padding cannot be recommended"
        assert answer.items.max() <= ITEMS
        assert len(set(answer.items.tolist())) == 20
        assert np.allclose(answer.scores, answer.every[answer.items - 1], atol=1e-6)


BOUNDS = {
    # scheme: (largest mean difference in units of the scores' spread, least top-10 overlap)
    "float32": (1e-6, 1.0),
    "float16": (1e-3, 0.98),
    "dynamic_wi8": (0.02, 0.95),
    "static_wi8_ai8": (0.04, 0.93),
    "weight_only_wi8": (0.02, 0.95),
    "static_wi8_ai16": (0.02, 0.95),
    "weight_only_wi4": (0.3, 0.7),
    "dynamic_wi4": (0.3, 0.7),
}


@every_cell
def test_the_file_agrees_with_keras(converted, name, recipe) -> None:
    made = converted(name, recipe)
    scheme = Recipe.parse(recipe).scheme.name
    scores = FileScorer(made.path, ITEMS)(made.contexts)
    apart, common = BOUNDS[scheme]
    difference = float(np.abs(scores - made.scores).mean() / made.scores.std())
    assert difference < apart
    assert overlap(made.scores, scores) >= common
    if scheme != "float32":
        assert difference > BOUNDS["float32"][0], "nothing was quantized"


@every_cell
def test_the_result_says_what_the_file_is(converted, name, recipe) -> None:
    made = converted(name, recipe)
    content = made.path.read_bytes()
    assert made.result.sha256 == hashlib.sha256(content).hexdigest()
    assert made.result.size_bytes == len(content)
    assert made.result.gzip_bytes == len(gzip.compress(content, 9, mtime=0)) < len(content)
    assert zstd.decompress(zstd.compress(content, 19)) == content
    assert made.result.zstd_bytes == len(zstd.compress(content, 19)) < len(content)
    by_whom = "rbench" if recipe in PACKED else "tf.lite"
    with_norms = recipe.endswith("static_wi8_ai16")
    assert made.result.converter == ("ai-edge-quantizer" if with_norms else by_whom)
    assert made.result.census["item_table"] == {"shared": True, "buffers": 1}
    assert made.result.ops["TOPK_V2"] == 1
    assert made.result.ops["EMBEDDING_LOOKUP" if recipe == "dynamic_wi4" else "GATHER"] == 1


@every_cell
def test_all_operators_are_builtin_ones(converted, name, recipe) -> None:
    made = converted(name, recipe)
    assert not {"CUSTOM", "STABLEHLO_CUSTOM_CALL", "DELEGATE"} & set(made.result.ops)
    assert all(not code.customCode for code in flat(made.path).operatorCodes)


@pytest.mark.parametrize("name", ["bow", "lstm"])
def test_float32_holds_the_item_table_once(converted, name) -> None:
    made = converted(name, "float32")
    expected = 4 * (made.result.parameters + (CURVES if name == "bow" else 0))
    assert abs(made.result.tensor_bytes["FLOAT32"] - expected) <= 0.02 * expected
    assert set(made.result.tensor_bytes) == {"FLOAT32", "INT32"}
    model = flat(made.path)
    tables = [t for t in model.subgraphs[0].tensors if np.array_equal(t.shape, [ITEMS, 16])]
    assert tables
    assert len({table.buffer for table in tables}) == 1, "lookup and scoring share one buffer"
    sizes = [len(b.data) for b in model.buffers if b.data is not None]
    assert sizes.count(4 * ITEMS * 16) == 1


@pytest.mark.parametrize("name", ["bow", "lstm"])
def test_float16_halves_the_numbers(converted, name) -> None:
    whole, half = converted(name, "float32").result, converted(name, "float16").result
    # Up to three scores of no item, see `rbench.convert.gpu_ready`.
    assert half.tensor_bytes.get("FLOAT32", 0) <= 3 * 4
    stored = half.parameters + (CURVES if name == "bow" else 0)
    assert half.tensor_bytes["FLOAT16"] == pytest.approx(2 * stored, rel=0.02)
    saved = whole.size_bytes - half.size_bytes
    assert saved == pytest.approx(2 * half.parameters, rel=0.25)


@pytest.mark.parametrize("name", ["bow", "lstm"])
def test_dynamic_has_int8_weights_and_float_activations(converted, name) -> None:
    made = converted(name, "dynamic_wi8")
    assert made.result.tensor_bytes["INT8"] >= ITEMS * 16
    norm = 4 * (2 * 16 + 1)  # gain, bias and epsilon stay
    assert made.result.tensor_bytes.get("FLOAT32", 0) < 4 * made.result.parameters / 2 + norm
    model = flat(made.path)
    graph = model.subgraphs[0]
    looked_up = {int(o.outputs[0]) for o in graph.operators if op_name(model, o) == "GATHER"}
    kinds = {t.type for n, t in enumerate(graph.tensors) if not t.buffer and n not in looked_up}
    assert kinds <= {0, 2}, "FLOAT32 and INT32"


@pytest.mark.parametrize(("name", "recipe"), [cell for cell in CELLS if "ai8" in cell[1]])
def test_static_computes_in_integers(converted, model_settings, name, recipe) -> None:
    """Floats may only enter and leave: the mask's cast, and the scores that are returned; and
    stand within layer norms."""
    from ai_edge_litert import schema_py_generated as schema

    made = converted(name, recipe)
    assert made.result.tensor_bytes["INT8"] >= 0.9 * made.result.parameters
    names = {v: k for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    model = flat(made.path)
    graph = model.subgraphs[0]
    norms = inside_norms(model, graph)
    count = sum(op_name(model, operator) == "RSQRT" for operator in norms)
    in_norms = 4 * count * (2 * model_settings.width + 1)  # gain, bias and epsilon
    assert made.result.tensor_bytes["FLOAT32"] <= in_norms
    floats = {
        names[model.operatorCodes[operator.opcodeIndex].builtinCode]
        for operator in graph.operators
        if not any(operator is norm for norm in norms)
        for index in (*operator.inputs, *operator.outputs)
        if index >= 0 and graph.tensors[index].type == schema.TensorType.FLOAT32
    }
    allowed = {"CAST", "QUANTIZE", "DEQUANTIZE"}
    if recipe.startswith("unrolled"):
        allowed |= {"SPLIT", "SPLIT_V", "UNPACK"}  # the first one, in some runs of tf.lite
    assert floats <= allowed


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_lstm_is_one_fused_operator(converted, scheme) -> None:
    ops = converted("lstm", scheme).result.ops
    assert ops["UNIDIRECTIONAL_SEQUENCE_LSTM"] == 1
    assert "WHILE" not in ops


@pytest.mark.parametrize(
    ("name", "recipe"), [cell for cell in CELLS if cell[1].startswith("unrolled")]
)
def test_an_unrolled_recurrence_is_plain_operators(converted, name, recipe) -> None:
    ops = converted(name, recipe).result.ops
    assert not {"UNIDIRECTIONAL_SEQUENCE_LSTM", "WHILE"} & set(ops)
    assert ops["TANH"] >= 8, "a step for each position"


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("bow", "float32"),
        ("lstm", "static_wi8_ai8"),
        ("attention", "static_wi8_ai16"),
    ],
)
def test_the_same_model_gives_the_same_bytes(
    converted, convert_into, model_settings, tmp_path, name, recipe
) -> None:
    # Keras numbers models and layers: what was drawn before must not show in the file.
    scoring_model(plugins.encoder("cnn"), model_settings, 7, Form(last=True))
    again = convert_into(name, recipe, tmp_path)
    assert again == converted(name, recipe).result
    assert (tmp_path / MODEL).read_bytes() == converted(name, recipe).path.read_bytes()


def test_an_unrolled_static_model_gives_the_same_scores(converted, convert_into, tmp_path) -> None:
    """From run to run tf.lite quantizes the first step's SPLIT or leaves it in float."""
    made = converted("gru", "unrolled+static_wi8_ai8")
    convert_into("gru", "unrolled+static_wi8_ai8", tmp_path)
    once, twice = (FileScorer(p, ITEMS)(made.contexts) for p in (made.path, tmp_path / MODEL))
    assert np.array_equal(once, twice)


def test_the_converters_noise_goes_to_the_log(convert_into, tmp_path, capfd) -> None:
    convert_into("bow", "float32", tmp_path)
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / LOG).is_file()  # how much it says depends on TF_CPP_MIN_LOG_LEVEL
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([LOG, MODEL])


def test_the_list_is_no_longer_than_the_catalogue(dataset, tmp_path) -> None:
    small = dataclasses.replace(dataset, vocabulary=("", "a", "b", "c"))
    settings = ModelSettings(width=4, length=5, top_k=100)
    result = untrained(plugins.encoder("bow"), settings, small, "float32", tmp_path)
    answer = FileScorer(tmp_path / MODEL, 3).answer(np.array([0, 0, 1, 2, 3], np.int32))
    assert sorted(answer.items.tolist()) == [1, 2, 3]
    curves, projection, norm = 5 * 4, 4 * 4 + 4, 4 + 4
    assert result.parameters == 3 * 4 + curves + projection + norm


def untrained(encoder, settings, dataset, recipe, folder):
    """Convert a model as it is drawn; ``folder`` also gets its weights."""
    import tf_keras

    tf_keras.utils.set_random_seed(1)
    model = scoring_model(encoder, settings, dataset.items, Form(last=True))
    save_weights(folder, get_weights(model))
    return convert(
        Recipe.parse(recipe), ConvertSettings(), settings, folder, dataset, encoder, 1, folder
    )


def test_a_static_lstm_of_small_states_still_tells_contexts_apart(
    dataset, model_settings, converted, tmp_path
) -> None:
    """Its cell state stays under one half: tf.lite's scale for it is one that no kernel serves."""
    from rbench.graph.model import set_weights
    from rbench.train.weights import load_weights

    encoder = plugins.encoder("lstm")
    untrained(encoder, model_settings, dataset, "static_wi8_ai8", tmp_path)
    model = scoring_model(encoder, model_settings, dataset.items, Form(last=True))
    set_weights(model, load_weights(tmp_path))
    contexts = converted("lstm", "float32").contexts
    expected = np.asarray(model(contexts))
    scores = FileScorer(tmp_path / MODEL, ITEMS)(contexts)
    assert scores.std(axis=0).mean() > 0.5 * expected.std(axis=0).mean()
    assert overlap(expected, scores) > 0.8


def test_what_no_kernel_runs_is_unsupported(convert_into, tmp_path) -> None:
    with pytest.raises(Unsupported, match=r"\(tf\.lite, ai-edge-quantizer\)$"):
        convert_into("lstm", "static_wi8_ai16", tmp_path)
    assert not (tmp_path / MODEL).exists()


class Bessel(Encoder):
    """Sound, but for an operator that TFLite does not have."""

    def encode(self, embeddings, mask, form):
        import tensorflow as tf
        from tf_keras import layers

        flat = layers.Lambda(lambda x: tf.math.special.bessel_j0(x[:, -1]), name="bessel")
        return flat(embeddings)


def test_a_converter_that_gives_up_says_why_in_a_line(
    dataset, model_settings, tmp_path, capfd
) -> None:
    with pytest.raises(StageError) as caught:
        untrained(Bessel(), model_settings, dataset, "float32", tmp_path)
    assert "'tf.BesselJ0' op is neither a custom op nor a flex op" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "BesselJ0" in (tmp_path / LOG).read_text()
    assert not (tmp_path / MODEL).exists()
    assert capfd.readouterr() == ("", "")


def test_a_long_message_is_cut(dataset, model_settings, tmp_path, monkeypatch) -> None:
    import tensorflow as tf

    def give_up(self):
        raise RuntimeError("a word and\n" * 1000)

    broken = SimpleNamespace(convert=lambda: give_up(None), target_spec=SimpleNamespace())
    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_saved_model", lambda *args, **kwargs: broken)
    with pytest.raises(StageError, match="a word and a word and") as caught:
        untrained(plugins.encoder("bow"), model_settings, dataset, "float32", tmp_path)
    assert len(str(caught.value)) < 500


def test_missing_weights_are_said(dataset, model_settings, tmp_path) -> None:
    encoder = plugins.encoder("bow")
    work = (Recipe(), ConvertSettings(), model_settings, tmp_path, dataset, encoder, 1, tmp_path)
    with pytest.raises(StageError, match=r"weights\.npz"):
        convert(*work)
    save_weights(tmp_path, {"item_table/0": np.zeros((ITEMS, 16), np.float32)})
    with pytest.raises(StageError, match=r"weight recency/0 .* is missing"):
        convert(*work)
