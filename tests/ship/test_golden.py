import numpy as np
import pytest

from rbench.errors import ModelError, StageError
from rbench.ship.answers import Answer, ModelRunner, padded
from rbench.ship.golden import golden, grid_step, questions, tolerances

LENGTH, K, ITEMS = 6, 30, 500


@pytest.fixture(scope="module")
def path(made):
    return made.folder / "models/bow/float32.tflite"


@pytest.mark.parametrize(
    ("history", "context"),
    [
        ((), [0, 0, 0]),
        ((7,), [0, 0, 7]),
        ((1, 2, 3), [1, 2, 3]),
        ((1, 2, 3, 4), [2, 3, 4]),
        ((9, 9), [0, 9, 9]),
    ],
)
def test_padding(history, context):
    assert padded(history, 3).tolist() == context


def test_questions_have_every_edge_and_are_drawn_by_the_seed(path):
    runner = ModelRunner(path)
    asked = questions(runner, ITEMS, seed=1)
    assert len(asked) == 24
    by_name = {one.name: one.history for one in asked}
    assert by_name["empty"] == ()
    assert by_name["the last item"] == (ITEMS,)
    assert len(by_name["full"]) == LENGTH
    assert len(by_name["one too many"]) == LENGTH + 1
    assert len(by_name["far too many"]) == 3 * LENGTH
    best = runner.answer(padded(by_name["full"], LENGTH)).items
    assert set(best) <= set(by_name["touched all that is returned"])
    assert set(best[:10]) <= set(by_name["touched its best items long ago"])
    assert all(1 <= item <= ITEMS for one in asked for item in one.history)
    assert questions(runner, ITEMS, seed=1) == asked
    assert questions(runner, ITEMS, seed=2) != asked


@pytest.mark.parametrize(
    ("scores", "step"),
    [
        ([[1.0, 0.5, 0.0]], 0.5),
        ([[0.25, 0.15, 0.05], [0.3, 0.3, -0.1]], 0.05),
        ([[1.0, 0.7123, 0.1]], 0.0),
        ([[1.0, 1.0]], 0.0),
    ],
)
def test_the_step_of_quantized_scores(scores, step):
    assert grid_step(np.array(scores, np.float32)) == pytest.approx(step, rel=1e-5)


def test_noise_lies_on_no_grid():
    draw = np.random.default_rng(1)
    assert grid_step(draw.normal(size=(32, 30)).astype(np.float32)) == 0


def test_tolerances_by_hand():
    found = tolerances(spread=10.0, apart=0.5, step=0.0)
    assert found["litert/cpu"].scores == 2.0
    assert found["litert/cpu"].why == "the larger of 4 x 0.5 and 0.0001 x 10"
    assert tolerances(10.0, 0.0, 0.0)["browser/webgpu"].scores == pytest.approx(0.1)
    assert tolerances(10.0, 0.0, 0.2)["aarch64/cpu"].scores == pytest.approx(0.01 + 0.6)
    assert {name.split("/")[0] for name in found} == {"litert", "browser", "aarch64"}


def test_a_catalogue_that_the_names_do_not_fit(path):
    with pytest.raises(ModelError, match=r"ranks 500 items.*allowed: 499"):
        golden(path, "sha", ("", *map(str, range(499))), filtered=True)


def test_what_is_no_number_is_said(path, monkeypatch):
    runner = ModelRunner(path)
    nothing = {"items": np.zeros((1, K), np.int32), "scores": np.full((1, K), np.nan, np.float32)}
    monkeypatch.setattr(runner, "_runner", lambda **inputs: nothing)
    with pytest.raises(StageError, match=r"float32.tflite, empty: a score is no finite number"):
        runner.answer(padded((), LENGTH), "empty")


def test_another_kind_of_model(tmp_path):
    from rbench.testing.model_file import model_of

    (tmp_path / "m.tflite").write_bytes(model_of(1000))
    with pytest.raises(ModelError, match="the runtime refuses it"):
        ModelRunner(tmp_path / "m.tflite")


def test_history_stays_where_the_log_repeats(path):
    names = ("", *map(str, range(ITEMS)))
    case = golden(path, "sha", names, filtered=False).cases[11]
    assert case.recommended == tuple(range(10))
    assert set(case.items[:10]) & set(case.history)
    answer = ModelRunner(path).answer(padded(case.history, LENGTH))
    assert isinstance(answer, Answer)
    assert tuple(answer.items[:10]) == case.items[:10]
