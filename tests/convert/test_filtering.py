"""What must not be shown does not come out: against a filter outside, item by item."""

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from ai_edge_litert.interpreter import Interpreter, OpResolverType

from rbench.convert import take_inventory
from rbench.convert.filtering import filter_ranking
from rbench.convert.flatbuffer import parse
from rbench.convert.gpu_ready import NEVER
from rbench.convert.rewriting import ready_for_devices, written
from rbench.convert.slimming import slim
from rbench.data.ranking import top
from rbench.errors import StageError
from rbench.evaluate.consistency import difference
from rbench.evaluate.file_scorer import FileScorer
from rbench.testing.flat import FlatGraph, Quantized, recommender
from rbench.testing.whole import after, rewritten

KERNELS = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN
ITEMS, K = 3_650, 10
TABLE = np.random.default_rng(3).integers(-20, 21, (ITEMS, 8)).astype(np.float32) / 8
"""Whole eighths: many scores tie."""


def filtered(content: bytes, **asked: bool) -> bytes:
    model = parse(content)
    filter_ranking(model, **{"allowed": False, "seen": False, **asked})
    ready_for_devices(model)
    slim(model)
    return written(model)


def whole(scores: np.ndarray, ok: np.ndarray, k: int) -> tuple[list[int], list[float]]:
    """The filter outside."""
    expected = top(np.where(ok, scores, -np.inf)[None], k)[0]
    left = ok[expected - 1]
    items = np.where(left, expected, 0)
    return items.tolist(), np.where(left, scores[expected - 1], NEVER).tolist()


@pytest.fixture(scope="module", params=["float32", "dynamic", "static"])
def plain(request):
    return rewritten(recommender(TABLE, k=K, scheme=request.param))[0]


def asking(content: bytes, kernels):
    made = Interpreter(model_content=content, experimental_op_resolver_type=kernels, num_threads=1)
    return made.get_signature_runner("recommend")


@pytest.mark.slow
@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("scheme", ["float32", "dynamic", "static"])
def test_it_is_exact_for_any_number_of_allowed_items(scheme, kernels):
    known = asking(rewritten(recommender(TABLE, k=ITEMS, scheme=scheme))[0], kernels)

    def scores_of(context: np.ndarray) -> np.ndarray:
        """Every item's score, from a file that returns all of them."""
        found, scores = known(context=context), np.zeros(ITEMS, np.float32)
        scores[found["items"][0] - 1] = found["scores"][0]
        return scores

    draw = np.random.default_rng(1)
    for seen in (False, True):
        plain = rewritten(recommender(TABLE, k=K, scheme=scheme))[0]
        content = filtered(plain, allowed=True, seen=seen)
        assert take_inventory(content).ops["TOPK_V2"] == 3, "ranked in two stages"
        assert take_inventory(content).item_table["shared"]
        asked = asking(content, kernels)
        for count in (0, 1, 10, 100, 3_000, ITEMS):
            context = draw.integers(1, ITEMS, (1, 6)).astype(np.int32)
            context[0, :3] = top(scores_of(context)[None], 3)[0]
            allowed = np.zeros(ITEMS, np.float32)
            allowed[draw.permutation(ITEMS)[:count]] = 1
            ok = allowed > 0
            if seen:
                ok[context[0] - 1] = False
            found = asked(context=context, allowed=allowed[None])
            items, due = whole(scores_of(context), ok, K)
            assert found["items"][0].tolist() == items
            assert found["scores"][0].tolist() == due


def test_what_was_seen_is_out_also_where_it_was_seen_again_and_again(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(filtered(rewritten(recommender(TABLE[:12], k=12))[0], seen=True))
    scorer = FileScorer(path, 12)
    assert scorer.seen
    answer = scorer.answer(np.array([0, 0, 5, 5, 5, 1], np.int32))
    assert {5, 1} & {*answer.items.tolist()} == set()
    assert answer.items[-2:].tolist() == [0, 0]
    assert (answer.scores[-2:] == NEVER).all()
    assert answer.items[:-2].all()


def test_padding_takes_no_item_out(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(filtered(rewritten(recommender(TABLE[:12], k=12))[0], seen=True))
    answer = FileScorer(path, 12).answer(np.array([0, 0, 0, 0, 0, 3], np.int32))
    assert sorted(answer.items.tolist()) == [0, 1, 2, *range(4, 13)]


def test_every_score_is_found_behind_the_filter_and_the_answer_agrees_with_them(plain, tmp_path):
    (tmp_path / "plain.tflite").write_bytes(plain)
    (tmp_path / "filtered.tflite").write_bytes(filtered(plain, allowed=True, seen=True))
    one, other = (FileScorer(tmp_path / f"{name}.tflite", ITEMS) for name in ("plain", "filtered"))
    context = np.array([0, 4, 9, 2_000, 7, 4], np.int32)
    np.testing.assert_allclose(one(context[None]), other(context[None]), rtol=1e-5)
    answer = other.answer(context)
    assert difference(answer, other.step, context) == ""
    assert difference(answer, other.step) == "" or "was due" in difference(answer, other.step)


def test_scores_of_allowed_items_are_the_same_bit_by_bit(tmp_path):
    content = rewritten(recommender(TABLE, k=K, scheme="float32"))[0]
    made = [
        Interpreter(model_content=one, num_threads=1).get_signature_runner("recommend")
        for one in (filtered(content), filtered(content, allowed=True))
    ]
    context = np.array([[1, 2, 3, 4, 5, 6]], np.int32)
    before, after_ = (
        made[0](context=context),
        made[1](context=context, allowed=np.ones((1, ITEMS), np.float32)),
    )
    assert before["scores"].tobytes() == after_["scores"].tobytes()
    assert before["items"].tolist() == after_["items"].tolist()


def test_nothing_asked_is_nothing_done(plain):
    assert after(plain, lambda model: filter_ranking(model, allowed=False, seen=False)) == after(
        plain
    )


def test_a_graph_of_another_kind_is_refused():
    graph = FlatGraph()
    given = graph.tensor((1, 4), "INT8", quantized=Quantized([1.0], [0]))
    best, columns = graph.tensor((1, 2), "INT8"), graph.tensor((1, 2), "INT32")
    count = graph.tensor((), "INT32", np.array(2, np.int32))
    graph.op("TOPK_V2", (given, count), (best, columns), "TopKV2Options", 2)
    content = graph.finish("recommend", {"context": given}, {"items": columns, "scores": best})
    with pytest.raises(StageError, match="no floats"):
        after(content, lambda model: filter_ranking(model, allowed=True, seen=False))
    other = graph.finish("rank", {"context": given}, {"items": columns, "scores": best})
    with pytest.raises(StageError, match="no signature"):
        after(other, lambda model: filter_ranking(model, allowed=True, seen=False))
