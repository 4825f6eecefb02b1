"""What a study may say of a federated training, and what comes of it in the plan."""

import pytest

from rbench.errors import StudyError
from rbench.federated.rates import largest_rate, server_rate
from rbench.federated.settings import FederatedSettings
from rbench.study import Study
from rbench.sweeping.jobs import FederateJob, TrainJob, needs
from rbench.sweeping.plan import plan
from rbench.sweeping.recorder import Recorder

SMALL = {"encoders": ["bow"], "recipes": ["float32"], "targets": ["cpu"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[federated]\nround = 3", ["unknown field `round` in [federated]", "rounds"]),
        ("[federated]\nrounds = 0", ["rounds must be a whole number from 1"]),
        ("[federated]\nstrategy = 'sgd'", ["Invalid enum value 'sgd' at federated.strategy"]),
        ("[federated]\nclip = -1", ["clip must be a number from 0.0"]),
        ("[federated]\nnoise_multipliers = [0.5]", ["multiples of clip, which is 0"]),
        ("[federated]\nclip = 1\nnoise_multipliers = []", ["must not be empty"]),
        ("[federated]\nclip = 1\nnoise_multipliers = [1, 1.0]", ["names 1 twice"]),
        ("[federated]\nclip = 1\nnoise_multipliers = [nan]", ["noise_multipliers must be a"]),
        ("[federated]\nclip = 1\nnoise_multipliers = [-1]", ["noise_multipliers must be a"]),
        ("[federated]\ndelta = 0.9", ["delta must be a number from"]),
        ("[federated]\nsuperlink = 'here'", ["superlink is 'here'", "HOST:PORT"]),
        ("federated = true", ["got `bool` at federated"]),
        ("[encoder.gru]\nfederated = true", ["[encoder.gru]", "add it: [federated]"]),
        ("[federated]\n[encoder.gru]\nfederated = 3", ["[encoder.gru.federated]", "true, false"]),
        ("[encoder.gru]\nfederated = { round = 3 }", ["`round`", "[encoder.gru.federated]"]),
        ("encoders = ['bow', 'bow-federated']\n[federated]", ["called 'bow-federated'"]),
        (
            "[federated]\n[items]\npath = 'items.csv'\ncolumns = [{ column = 'genres' }]",
            ["table of the items", "items = false"],
        ),
        ("[federated]\n[train]\nstart = 'counts'", ['start = "counts"', "whole log"]),
    ],
)
def test_the_offending_key_is_named(text, words):
    with pytest.raises(StudyError) as caught:
        Study.parse(text, where="mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    for word in words:
        assert word in str(caught.value)


def test_every_encoder_is_trained_once_more_for_each_noise():
    study = Study.parse(
        """
        encoders = ["bow", "gru", "cnn"]
        [federated]
        clip = 1.0
        noise_multipliers = [0.0, 0.5]
        [encoder.gru]
        federated = { rounds = 7, noise_multipliers = [1.0] }
        [encoder.cnn]
        federated = false
        """
    )
    assert list(study.trainings("bow")) == ["bow", "bow-federated", "bow-federated-noise-0.5"]
    found = study.trainings("gru")
    assert list(found) == ["gru", "gru-federated-noise-1"]
    assert found["gru-federated-noise-1"].rounds == 7
    assert list(study.trainings("cnn")) == ["cnn"]
    assert len({cell.encoder for cell in study.cells()}) == 6


def test_a_study_without_the_table_has_no_such_training():
    assert Study().trainings("bow") == {"bow": None}
    assert "federated" not in Study().said()
    made = Study().narrowed(federated={"rounds": 5})
    assert made.trainings("bow")["bow-federated"].rounds == 5


def test_both_trainings_go_the_same_way():
    asked = {"clip": 1.0, "noise_multipliers": [0.0, 1.0]}
    central, *federated = plan(Study.build({**SMALL, "federated": asked}), "here").cells
    assert [cell.cell.encoder for cell in federated] == [
        "bow-federated",
        "bow-federated-noise-1",
    ]
    for cell in federated:
        (pipeline,) = cell.pipelines
        assert isinstance(pipeline.train, FederateJob)
        assert pipeline.train.stage == "federate"
        assert cell.encoder_name == "bow"
        assert needs(pipeline.compress)[0][0] in ("data", "federate")
        assert ("federate", pipeline.train.key) in needs(pipeline.compress)
        assert [job.stage for job in cell.jobs()][:3] == ["federate", "compress", "convert"]
    assert type(central.pipelines[0].train) is TrainJob
    assert len({cell.pipelines[0].train.key for cell in (central, *federated)}) == 3


def test_a_federated_training_changes_nothing_of_the_other():
    (alone,) = plan(Study.build(SMALL), "here").cells
    beside, _ = plan(Study.build({**SMALL, "federated": {}}), "here").cells
    assert alone.pipelines == beside.pipelines


def test_the_server_s_step():
    settings = FederatedSettings(rounds=11)
    assert server_rate(settings, 1) == 1.0
    assert server_rate(settings, 6) == pytest.approx(0.51)
    assert server_rate(settings, 11) == pytest.approx(0.02)
    assert server_rate(FederatedSettings(schedule="constant"), 9) == 1.0
    assert largest_rate(settings, 64) == 0.004
    assert largest_rate(FederatedSettings(strategy="fedavg"), 64) == 1.0
    assert largest_rate(FederatedSettings(server_learning_rate=0.5), 64) == 0.5


def test_a_record_says_which_training_it_stands_beside():
    study = Study.build({**SMALL, "federated": {"rounds": 7, "clip": 2.0}})
    central, federated = plan(study, "here").cells
    found = Recorder._federated(federated, federated.pipelines[0].train)["federated"]
    assert (found["beside"], found["rounds"], found["clip"]) == ("bow", 7, 2.0)
    assert found["noise_multiplier"] == 0.0
    assert Recorder._federated(central, central.pipelines[0].train) == {}
