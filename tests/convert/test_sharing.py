"""One item table in the file: shared under every scheme, left alone where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from rbench.convert import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE
from rbench.convert.flatbuffer import pack, parse
from rbench.convert.item_table import find_item_table
from rbench.convert.sharing import symmetric
from rbench.errors import StageError
from rbench.evaluate.consistency import check_consistency
from rbench.evaluate.file_scorer import FileScorer
from rbench.testing.flat import STEP, recommender
from rbench.testing.whole import rewritten

ITEMS, WIDTH, LENGTH = 200, 16, 6
TABLE = np.random.default_rng(1).normal(scale=0.3, size=(ITEMS, WIDTH)).astype(np.float32)
CONTEXTS = np.random.default_rng(2).integers(0, ITEMS, (40, LENGTH)).astype(np.int32)
KERNELS = ("BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN")
"""Plain kernels and XNNPACK."""


def answers(content: bytes, kernels: str = KERNELS[0]):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    made = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType[kernels],
    )
    run = made.get_signature_runner(SIGNATURE)
    found = [run(**{INPUT: context[None]}) for context in CONTEXTS]
    return [np.concatenate([f[name] for f in found]) for name in (OUTPUT_ITEMS, OUTPUT_SCORES)]


def overlap(one, other) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(one, other, strict=True)]))


def buffers_of_table(content: bytes) -> set[int]:
    model = parse(content)
    table, tensors = find_item_table(model), model.subgraphs[0].tensors
    return {tensors[table.lookup].buffer, tensors[table.scoring].buffer}


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize(
    ("scheme", "zero", "kept"),
    [
        ("float32", 0, 1.0),
        ("dynamic", 0, 0.95),
        ("static", 0, 0.93),
        ("static", -3, 0.93),
        ("static", 40, 0.93),
    ],
)
def test_the_shared_file_names_the_same_items(scheme, zero, kept, kernels) -> None:
    before = recommender(TABLE, LENGTH, scheme=scheme, zero=zero)
    after, shared = rewritten(before)
    assert shared.facts() == {"shared": True, "buffers": 1}
    assert len(buffers_of_table(before)) == 2
    assert len(buffers_of_table(after)) == 1
    items, scores = answers(before, kernels)
    other_items, other_scores = answers(after, kernels)
    assert overlap(items, other_items) >= kept
    assert np.abs(scores - other_scores).mean() <= (STEP if scheme == "static" else 0.02)
    assert len(after) <= len(before) - 0.95 * TABLE.size * (4 if scheme == "float32" else 1)


@pytest.mark.parametrize("scheme", ["float32", "dynamic", "static"])
def test_the_file_agrees_with_its_own_scores(scheme, tmp_path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(rewritten(recommender(TABLE, LENGTH, scheme=scheme, zero=0))[0])
    check_consistency(FileScorer(path, ITEMS), CONTEXTS, ITEMS)


@pytest.mark.parametrize("scheme", ["dynamic", "static"])
def test_a_bias_counts_in_the_new_scale(scheme) -> None:
    bias = np.linspace(-2, 2, ITEMS)
    before = recommender(TABLE, LENGTH, scheme=scheme, bias=bias)
    after, shared = rewritten(before)
    assert shared.buffers == 1
    assert overlap(answers(before)[0], answers(after)[0]) >= 0.93
    assert np.abs(answers(before)[1] - answers(after)[1]).max() < 0.5


@pytest.mark.parametrize("scheme", ["float32", "dynamic", "static"])
def test_it_is_deterministic_and_done_once(scheme) -> None:
    before = recommender(TABLE, LENGTH, scheme=scheme, zero=-2)
    after, _ = rewritten(before)
    assert rewritten(before)[0] == after
    again, shared = rewritten(after)
    assert (again, shared.buffers) == (after, 1)


@pytest.mark.parametrize("scheme", ["float32", "dynamic", "static"])
def test_tables_of_different_numbers_stay_two(scheme) -> None:
    before = recommender(TABLE, LENGTH, scheme=scheme, scoring=TABLE[::-1])
    after, shared = rewritten(before)
    assert not shared.facts()["shared"]
    assert shared.buffers == 2
    assert shared.reason
    for kernels in KERNELS:
        for one, other in zip(answers(before, kernels), answers(after, kernels), strict=True):
            assert np.array_equal(one, other)


def changed(scheme: str, change) -> bytes:
    model = parse(recommender(TABLE, LENGTH, scheme=scheme, zero=-2))
    change(model, model.subgraphs[0])
    return pack(model)


def _ranks_nothing(model, graph) -> None:
    graph.operators = graph.operators[:-2]


def _scales_by_item(model, graph) -> None:
    tensor = graph.tensors[find_item_table(model).lookup]
    tensor.quantization.scale = np.full(ITEMS, 0.01, np.float32)
    tensor.quantization.zeroPoint = np.zeros(ITEMS, np.int64)


def _softens(model, graph) -> None:
    """What was looked up goes into an operator that is bound to its scale."""
    code = type(model.operatorCodes[0])()
    code.builtinCode = code.deprecatedBuiltinCode = 25  # SOFTMAX
    model.operatorCodes.append(code)
    graph.operators[2].opcodeIndex = len(model.operatorCodes) - 1


def _looks_up_elsewhere(model, graph) -> None:
    graph.operators[1].inputs = [graph.operators[0].inputs[0], graph.operators[1].inputs[1]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_ranks_nothing, "0 TOPK_V2 operators"),
        (_scales_by_item, "no single scale"),
        (_softens, "SOFTMAX is bound to the lookup's scale"),
        (_looks_up_elsewhere, "0 constants of the scoring weights' shape"),
        (lambda model, graph: model.subgraphs.append(graph), "2 subgraphs"),
    ],
)
def test_where_it_cannot_be_it_says_why(change, reason) -> None:
    before = changed("static", change)
    after, shared = rewritten(before)
    assert reason in shared.reason
    assert not shared.facts()["shared"]
    model, other = parse(before), parse(after)
    for one, two in zip(model.subgraphs[0].tensors, other.subgraphs[0].tensors, strict=True):
        first, second = model.buffers[one.buffer].data, other.buffers[two.buffer].data
        assert (first is None) == (second is None)
        assert first is None or np.array_equal(first, second)


def test_the_better_copy_is_taken() -> None:
    """Where calibration saw half of the range, the lookup's copy is cut off."""
    steps = (np.abs(TABLE).max(axis=1) / 127)[:, None].astype(np.float32)
    fine = np.rint(TABLE / steps).astype(np.int8)
    whole = float(np.abs(TABLE).max()) / 127
    for scale, kept in ((whole, True), (whole / 2, False)):
        coarse = np.clip(np.rint(TABLE / scale) - 1, -128, 127).astype(np.int8)
        shared, new = symmetric(coarse, scale, -1, fine, steps)
        assert (new == scale) == kept
        assert np.abs(shared * new - TABLE).max() <= whole * 1.1


@pytest.mark.parametrize("broken", [b"\0" * 20, recommender(TABLE, LENGTH + 1)])
def test_a_broken_rewrite_is_never_written(monkeypatch, broken) -> None:
    from rbench.convert import rewriting

    monkeypatch.setattr(rewriting, "pack", lambda model: broken)
    with pytest.raises(StageError, match="rewrit"):
        rewritten(recommender(TABLE, LENGTH))


@pytest.mark.slow
def test_what_xnnpack_takes_stays_the_same(tmp_path) -> None:
    from rbench.profile.tools.litert.nodes import nodes_taken

    for scheme in ("dynamic", "static"):
        taken = []
        before = recommender(TABLE, LENGTH, scheme=scheme)
        for content in (before, rewritten(before)[0]):
            (tmp_path / "model.tflite").write_bytes(content)
            taken.append(nodes_taken(tmp_path / "model.tflite", "xnnpack"))
        assert taken[0] == taken[1]
        assert taken[0].nodes_delegated > 1
