"""Files of every encoder and scheme that learn: tf.lite's own, a vector and a step beside it."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="conversion needs rbench[sweep]")

from rbench.convert import PersonalSettings
from rbench.convert.flatbuffer import parse
from rbench.convert.inventory import take_inventory
from rbench.convert.personal import add_personal
from rbench.convert.rewriting import written
from rbench.convert.slimming import slim
from rbench.evaluate.file_scorer import FileScorer
from rbench.evaluate.learning_file import LearningFile

ENCODERS = ("bow", "cnn", "lstm", "gru", "attention", "lru", "mixer", "gated_attention")
SCHEMES = ("float32", "float16", "dynamic_wi8", "static_wi8_ai8", "dynamic_wi4", "dynamic_wi2")
SOME = [
    *((name, "static_wi8_ai8") for name in ENCODERS),
    *((name, "float32") for name in ("lstm", "attention", "lru", "mixer")),
    *((name, "dynamic_wi4") for name in ("lstm", "attention", "gated_attention")),
]
"""The step stands beside the ranking: what leads to it is float or integers, whatever the encoder.
"""
CASES = [
    pytest.param(name, scheme, marks=pytest.mark.slow)
    for name in ENCODERS
    for scheme in SCHEMES
    if name == "bow" or (name, scheme) in SOME
]


@pytest.mark.parametrize(("name", "scheme"), CASES)
def test_a_file_learns_and_keeps_its_table(name, scheme, converted, dataset, tmp_path):
    plain = converted(name, scheme)
    model = parse(plain.path.read_bytes())
    said = add_personal(model, PersonalSettings())
    assert said["numbers"] == 16
    slim(model)
    path = tmp_path / "model.tflite"
    path.write_bytes(written(model))
    found = take_inventory(path.read_bytes())
    assert found.size_bytes - plain.result.size_bytes < 8192
    assert found.item_table == plain.result.census["item_table"]
    assert found.stored_twice["buffers"] == plain.result.census["stored_twice"]["buffers"]
    assert found.ops.keys().isdisjoint({"CUSTOM", "STABLEHLO_CUSTOM_CALL"})
    before, after = FileScorer(plain.path, dataset.items), LearningFile(path)
    contexts = dataset.test.contexts(before.length)[:20]
    wanted = before(contexts)
    assert np.array_equal(np.stack([after.scores(context) for context in contexts]), wanted)
    # The last of the first list comes up as it is taken.
    context = contexts[0]
    last = int(wanted[0].argmin())
    for _ in range(3):
        after.scores(context)
        after.learn(last + 1)
    assert after.scores(context)[last] > wanted[0][last]
    after.forget()
    assert np.array_equal(after.scores(context), wanted[0])
