"""Two stages give what one gives, ties included, and are taken where they are faster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from ai_edge_litert.interpreter import Interpreter, OpResolverType

from rbench.convert import take_inventory, two_stages
from rbench.convert.two_stages import MOST_GROUPS, rank_in_stages, stages
from rbench.data.ranking import top
from rbench.evaluate.file_scorer import FileScorer
from rbench.testing.flat import FlatGraph, Quantized, recommender
from rbench.testing.whole import after, gpu_ready, rewritten

KERNELS = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN


def ranking(items: int, k: int, kind: str) -> bytes:
    graph, known = FlatGraph(), Quantized([0.5], [3]) if kind == "INT8" else None
    given = graph.tensor((1, items), kind, quantized=known)
    best, columns = graph.tensor((1, k), kind, quantized=known), graph.tensor((1, k), "INT32")
    count = graph.tensor((), "INT32", np.array(k, np.int32))
    graph.op("TOPK_V2", (given, count), (best, columns), "TopKV2Options", 2 if known else 1)
    return graph.finish("rank", {"scores": given}, {"items": columns, "best": best})


def runner(content: bytes, signature: str, kernels=KERNELS[0]):
    made = Interpreter(model_content=content, experimental_op_resolver_type=kernels, num_threads=1)
    return made.get_signature_runner(signature)


@pytest.fixture
def always(monkeypatch):
    """Two stages wherever they can be drawn."""
    monkeypatch.setattr(two_stages, "WORTH", dict.fromkeys(two_stages.WORTH, 1e6))


@pytest.mark.slow
@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("kind", ["FLOAT32", "INT8"])
@pytest.mark.usefixtures("always")
def test_items_scores_and_ties_are_those_of_one_stage(kind, kernels):
    @given(st.integers(20, 400), st.integers(1, 12), st.integers(1, 9), st.integers(0, 2**32 - 1))
    def check(items, k, levels, seed):
        drawn = np.random.default_rng(seed).integers(-levels, levels + 1, (1, items)) * 14
        scores = drawn.astype(np.int8 if kind == "INT8" else np.float32)
        scores[0, seed % items :: 3] = -128 if kind == "INT8" else -1e38
        content = after(ranking(items, k, kind), rank_in_stages)
        drawn_so = take_inventory(content).ops.get("REDUCE_MAX", 0)
        assert drawn_so == (stages(items, k, kind) is not None)
        found = runner(content, "rank", kernels)(scores=scores)
        expected = top(scores, k) - 1
        np.testing.assert_array_equal(found["items"], expected)
        np.testing.assert_array_equal(found["best"], np.take_along_axis(scores, expected, 1))

    check()


@given(st.integers(1, 3_000_000), st.integers(1, 500), st.sampled_from(["FLOAT32", "INT8"]))
def test_a_cut_holds_all_items_in_numbers_that_a_gpu_ranks(items, k, kind):
    cut = stages(items, k, kind)
    if cut is None:
        return
    assert (cut.groups - 1) * cut.size < items + 4 * cut.size
    assert items <= cut.groups * cut.size
    assert k <= cut.taken <= cut.groups <= MOST_GROUPS
    assert [cut.groups % 4, cut.size % 4, cut.taken % 4] == [0, 0, 0]
    assert cut.groups + cut.taken * cut.size < items


@pytest.mark.parametrize(
    ("items", "k", "kind", "taken"),
    [
        (500, 10, "FLOAT32", False),
        (2_000, 10, "FLOAT32", False),
        (3_416, 10, "FLOAT32", True),
        (3_416, 20, "FLOAT32", True),
        (3_650, 100, "FLOAT32", False),
        (3_650, 10, "INT8", False),
        (20_000, 10, "INT8", True),
        (20_000, 100, "FLOAT32", True),
        (100_000, 100, "FLOAT32", True),
    ],
)
def test_the_rule_takes_what_was_measured_to_be_faster(items, k, kind, taken):
    """See the table in docs/recipes.md."""
    assert (stages(items, k, kind) is not None) == taken


def test_what_is_small_or_odd_stays_as_it_was():
    for content in (ranking(500, 10, "FLOAT32"), ranking(9_000, 100, "INT8")):
        assert after(content, rank_in_stages) == after(content)


def table_of(items: int):
    """Every item twice: ties everywhere."""
    half = np.random.default_rng(items).normal(size=(-(-items // 2), 8)).astype(np.float32)
    return np.concatenate([half, half])[:items]


@pytest.mark.parametrize("scheme", ["float32", "dynamic"])
def test_a_file_names_the_same_items_and_its_every_score_is_found(tmp_path, scheme):
    items = 3_001
    one, _ = rewritten(recommender(table_of(items), scheme=scheme))
    two = gpu_ready(one)
    found = take_inventory(two)
    assert found.ops["TOPK_V2"] == 3
    assert found.item_table == {"shared": True, "buffers": 1}
    assert found.uncounted == {}
    assert found.macs == take_inventory(one).macs
    contexts = np.random.default_rng(1).integers(1, items, (5, 6)).astype(np.int32)
    answers = {}
    for name, content in (("one", one), ("two", two)):
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        scorer = FileScorer(path, items)
        answers[name] = [scorer.answer(context) for context in contexts]
    for mine, theirs in zip(answers["two"], answers["one"], strict=True):
        np.testing.assert_array_equal(mine.every, theirs.every)
        np.testing.assert_array_equal(mine.items, theirs.items)
        np.testing.assert_array_equal(mine.scores, theirs.scores)
        np.testing.assert_array_equal(mine.items, top(mine.every[None], 10)[0])
