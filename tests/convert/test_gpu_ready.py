"""Files that the GPU delegate takes whole give the answers that they gave before."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from rbench.convert import take_inventory
from rbench.evaluate.file_scorer import FileScorer
from rbench.testing.flat import recommender
from rbench.testing.whole import gpu_ready, rewritten


def table_of(items: int, shift: float = 0.0):
    return (np.random.default_rng(items).normal(size=(items, 8)) + shift).astype(np.float32)


def answers(content: bytes, contexts, resolver="BUILTIN_WITHOUT_DEFAULT_DELEGATES"):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    made = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType[resolver], num_threads=1
    )
    made.allocate_tensors()
    run = made.get_signature_runner("recommend")
    found = [run(context=context[None]) for context in contexts]
    return [one["items"][0] for one in found], [one["scores"][0] for one in found]


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 23), st.sampled_from([-3.0, 0.0, 3.0]), st.booleans())
def test_padding_is_never_recommended(items, shift, xnnpack):
    plain = recommender(table_of(items, shift), k=items, scheme="float32")
    padded = gpu_ready(plain)
    assert (padded == plain) == (items % 4 == 0)
    contexts = np.random.default_rng(1).integers(1, items, (5, 6)).astype(np.int32)
    resolver = "BUILTIN" if xnnpack else "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
    before, after = answers(plain, contexts, resolver), answers(padded, contexts, resolver)
    np.testing.assert_array_equal(after[0], before[0])
    np.testing.assert_array_equal(after[1], before[1])
    assert all(sorted(found) == list(range(1, items + 1)) for found in after[0])


def test_the_ranked_tensor_has_a_multiple_of_four_scores():
    from ai_edge_litert.interpreter import Interpreter

    made = Interpreter(model_content=gpu_ready(recommender(table_of(13), scheme="float32")))
    (ranking,) = [op for op in made._get_ops_details() if op["op_name"] == "TOPK_V2"]
    (shape,) = [
        [int(n) for n in detail["shape"]]
        for detail in made.get_tensor_details()
        if detail["index"] == ranking["inputs"][0]
    ]
    assert shape == [1, 16]


def test_the_item_table_stays_one_and_every_item_is_scored(tmp_path):
    plain, _ = rewritten(recommender(table_of(13), scheme="float32"))
    padded = gpu_ready(plain)
    assert take_inventory(padded).item_table == {"shared": True, "buffers": 1}
    scores = {}
    for name, content in (("plain", plain), ("padded", padded)):
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        scores[name] = FileScorer(path, 13)(np.array([[0, 0, 1, 2, 3, 4]], np.int32))
    np.testing.assert_array_equal(scores["padded"], scores["plain"])


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["float32", "float16"])
@pytest.mark.parametrize("name", ["bow", "attention"])
def test_a_conversion_does_it(converted, name, recipe):
    made = converted(name, recipe)
    assert gpu_ready(made.path.read_bytes()) == made.path.read_bytes()
    assert made.result.census["item_table"] == {"shared": True, "buffers": 1}
    # float16 rows are looked up as they are; what widens the table serves the scoring alone.
    assert made.result.ops.get("CAST", 0) >= (recipe == "float16")
