"""All the way: from a log with times to a file that is scored, proved and asked by a client."""

import msgspec
import numpy as np
import pytest

pytest.importorskip("tf_keras", reason="training needs rbench[sweep]")

from rbench import plugins
from rbench.cells.recipe import Recipe
from rbench.compress import REFERENCE, compress
from rbench.compress.settings import CompressSettings
from rbench.convert import MODEL, ConvertSettings, convert
from rbench.data import DataSettings, SyntheticSettings, load, open_dataset, save
from rbench.encoding import ModelSettings
from rbench.evaluate import EvaluateSettings, evaluate
from rbench.features.time_gaps import TimeGaps
from rbench.progress import silent
from rbench.ship.answers import ModelRunner
from rbench.ship.clients.client import wrong_answers
from rbench.ship.golden import golden
from rbench.train import TrainSettings, train

SHAPE = ModelSettings(width=8, length=6, top_k=20)
FEATURES = [TimeGaps()]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("thread")
    synthetic = SyntheticSettings(users=60, items=40, interactions_per_user=8)
    save(load(DataSettings(synthetic=synthetic), ["time"]), folder / "data")
    dataset = open_dataset(folder / "data")
    for name in ("train", "compress"):
        (folder / name).mkdir()
    settings, bow = TrainSettings(epochs=1, batch_size=16), plugins.encoder("bow")
    train(settings, SHAPE, dataset, bow, 1, folder / "train", features=FEATURES)
    compress(
        Recipe.parse("float32"),
        CompressSettings(),
        settings,
        SHAPE,
        folder / "train",
        dataset,
        bow,
        1,
        folder / "compress",
        features=FEATURES,
    )
    return folder, dataset, bow


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["float32", "static_wi8_ai8"])
def test_a_file_that_knows_when_and_what_is_allowed(trained, recipe, tmp_path):
    folder, dataset, bow = trained
    made = convert(
        Recipe.parse(recipe),
        ConvertSettings(calibration_contexts=20, allowed=True, filter_seen=True),
        SHAPE,
        folder / "compress",
        dataset,
        bow,
        1,
        tmp_path,
        features=FEATURES,
    )
    assert made.census["item_table"]["shared"]
    found = evaluate(
        EvaluateSettings(bootstrap=20, filter_history=True),
        tmp_path / MODEL,
        folder / "compress" / REFERENCE,
        dataset,
        tmp_path,
        silent,
        FEATURES,
    )
    assert found.parity.top10_overlap > 0.9

    facts = {"ages": FEATURES[0].facts()}
    runner = ModelRunner(tmp_path / MODEL, facts)
    assert [tensor.kind for tensor in runner.inputs] == ["age_seconds", "allowed", ""]
    context = np.array([0, 0, 3, 1, 2, 5], np.int32)
    plain = runner.answer(context)
    assert not {*plain.items.tolist()} & {*context[context > 0].tolist()}
    ages = [0, 0, 10**7, 10**6, 500, 2]
    assert runner.answer(context, given={"ages": ages}).scores.tolist() != plain.scores.tolist()
    few = runner.answer(context, allowed=[1, 7, 9])
    assert sorted(few.items.tolist()) == [0] * 18 + [7, 9]

    proof = golden(tmp_path / MODEL, made.sha256, dataset.vocabulary, True, features=facts)
    cases = msgspec.to_builtins(proof.cases)
    assert {case.get("allowed") is None for case in cases} == {True, False}
    answers = [
        runner.answer(
            np.array(case["context"], np.int32),
            given=case["given"],
            allowed=case.get("allowed"),
        )
        for case in cases
    ]
    told = [(answer.items.tolist(), answer.scores.tolist()) for answer in answers]
    tolerance = msgspec.to_builtins(proof.tolerances["litert/xnnpack"])
    assert tolerance["scores"] < 10
    assert wrong_answers(cases, told, tolerance) == []
    told[0] = told[1]
    assert wrong_answers(cases, told, tolerance) != []
