"""Files of the real converter: the shared table gives the items of the unshared one."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("conversion needs rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.convert.flatbuffer import pack, parse, values
from rbench.convert.item_table import find_item_table
from rbench.encoding import Encoder, Form, KerasTensor, ModelSettings
from rbench.evaluate.consistency import check_consistency
from rbench.evaluate.file_scorer import FileScorer
from rbench.testing.whole import narrowed, rewritten

pytestmark = pytest.mark.slow

ITEMS, SETTINGS = 400, ModelSettings(width=32, length=10, top_k=20)
STATIC = "static_wi8_ai8"
KEPT = {"float32": 1.0, "float16": 1.0, "dynamic_wi8": 0.95, STATIC: 0.92}
"""Scheme -> least share of the unshared file's ten best items that the shared one names."""
LARGEST = {"float16": 0.60, "dynamic_wi8": 0.45, "static_wi8_ai8": 0.45}
"""Scheme -> bytes relative to the float32 file, for a bag of words as small as this one."""
KERNELS = ("BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN")


@dataclass(frozen=True)
class Bare(Encoder):
    """A sum and a product, without the norm in which all of ours end: such a file's int16 is
    tf.lite's."""

    def encode(self, embeddings: KerasTensor, mask: KerasTensor, form: Form) -> KerasTensor:
        from tf_keras import layers

        summed = layers.GlobalAveragePooling1D(name="mean")(embeddings)
        return layers.Dense(embeddings.shape[-1], name="projection")(summed)


@pytest.fixture(scope="module")
def contexts():
    random = np.random.default_rng(5)
    made = random.integers(1, ITEMS + 1, (120, SETTINGS.length)).astype(np.int32)
    for row in made:
        row[: random.integers(0, SETTINGS.length - 1)] = 0
    return made


@pytest.fixture(scope="module")
def plain(contexts):
    """(encoder, scheme) -> what tf.lite writes, with random weights."""
    import tf_keras

    from rbench.convert.export import Recommender
    from rbench.convert.tflite import Exported
    from rbench.graph.model import scoring_model
    from rbench.schemes.static_wi8_ai16 import calibrated
    from rbench.testing.whole import converted

    made: dict[tuple[str, str], bytes] = {}

    def make(name: str, scheme: str) -> bytes:
        if (name, scheme) not in made:
            tf_keras.backend.clear_session()
            tf_keras.utils.set_random_seed(3)
            encoder = Bare() if name == "bare" else plugins.encoder(name)
            model = scoring_model(encoder, SETTINGS, ITEMS, Form(last=True))
            recommender = Recommender(model, SETTINGS.length, SETTINGS.top_k)
            if scheme == "static_wi8_ai16":  # whose own conversion narrows the table already
                source = Exported(recommender, contexts)
                made[name, scheme] = pack(source.by_tflite(calibrated(source)))
            else:
                made[name, scheme] = converted(scheme, recommender, contexts)
        return made[name, scheme]

    return make


def answers(content: bytes, contexts, kernels: str):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    made = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType[kernels],
    )
    made.allocate_tensors()
    source = made.get_input_details()[0]["index"]
    items = made.get_signature_runner("recommend").get_output_details()["items"]["index"]
    found = []
    for context in contexts:
        made.reset_all_variables()
        made.set_tensor(source, context[None])
        made.invoke()
        found.append(made.get_tensor(items)[0, :10])
    return found


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        *(("bow", scheme) for scheme in KEPT),
        *((name, scheme) for name in ("cnn", "lstm") for scheme in ("dynamic_wi8", STATIC)),
        ("lstm", "float32"),
    ],
)
def test_one_table_names_the_same_items(plain, contexts, name, scheme, tmp_path) -> None:
    before = plain(name, scheme)
    after, shared = rewritten(before)
    assert shared.facts() == {"shared": True, "buffers": 1}
    assert rewritten(before)[0] == after
    for kernels in KERNELS:
        one, other = (answers(content, contexts, kernels) for content in (before, after))
        kept = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(one, other, strict=True)])
        assert kept >= KEPT[scheme], kernels
    path = tmp_path / "model.tflite"
    path.write_bytes(after)
    check_consistency(FileScorer(path, ITEMS), contexts, ITEMS)


@pytest.mark.parametrize("scheme", KEPT)
def test_the_table_is_in_the_file_once(plain, scheme) -> None:
    after, _ = rewritten(plain("bow", scheme))
    model = parse(after)
    table, tensors = find_item_table(model), model.subgraphs[0].tensors
    assert tensors[table.lookup].buffer == tensors[table.scoring].buffer
    whole = len(values(model, tensors[table.lookup]))
    as_large = [b for b in model.buffers if b.data is not None and len(b.data) >= whole]
    assert len(as_large) == 1
    float32 = len(rewritten(plain("bow", "float32"))[0])
    assert len(after) <= LARGEST.get(scheme, 1.0) * float32


def test_the_int8_table_beside_int16_names_the_same_items(plain, contexts) -> None:
    """tf.lite's table is one as well, but of int16; XNNPACK takes neither file."""
    before, _ = rewritten(plain("bare", "static_wi8_ai16"))
    after, shared = rewritten(narrowed(before))
    assert shared.facts() == {"shared": True, "buffers": 1}
    one, other = (answers(content, contexts, KERNELS[0]) for content in (before, after))
    kept = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(one, other, strict=True)])
    assert kept >= 0.92
    assert len(after) <= len(before) - 0.95 * ITEMS * SETTINGS.width
