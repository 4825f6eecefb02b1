"""`--check`: the golden questions asked elsewhere, of a machine that a test makes."""

import numpy as np
import pytest

from rbench.cells import tools
from rbench.errors import Unsupported, UsageError
from rbench.profile.checking import Checker
from rbench.profile.tools.aarch64 import plugin, sysroot
from rbench.ship import ship
from rbench.ship.answers import ModelRunner
from rbench.ship.proving import Proof, ProofFailed

XNNPACK = "aarch64/xnnpack"


@pytest.fixture
def machine(monkeypatch):
    """Answers in place of the emulator, from this host's runtime, bent as a test says."""
    asked = []

    def bend(change=lambda items, scores: (items, scores)):
        def answers(self, settings, model, target, contexts):
            runner = ModelRunner(model)
            found = [runner.answer(context) for context in np.load(contexts)]
            asked.append((str(target), len(found)))
            items, scores = (np.stack(one) for one in zip(*found, strict=True))
            return change(items, scores)

        monkeypatch.setattr(plugin.Aarch64, "answers", answers)
        return asked

    return bend


def test_a_tool_s_word_means_all_of_its_targets(made, machine, tmp_path):
    asked = machine()
    done = ship(made, tmp_path / "b", checks=["aarch64"])
    assert asked == [("aarch64/cpu", 24), (XNNPACK, 24)]
    assert [(one.target, one.cases) for one in done.proofs] == asked
    card = (done.to / "README.md").read_text()
    assert "- aarch64/xnnpack: all 24 answered alike (scores within " in card
    assert ship(made, tmp_path / "c").proofs == ()


def test_what_rounding_explains_is_no_difference(made, machine, tmp_path):
    machine(lambda items, scores: (items, scores + np.float32(0.003)))
    (proof,) = ship(made, tmp_path / "b", "bow/float32", checks=[XNNPACK, XNNPACK]).proofs
    assert proof == Proof(XNNPACK, 24, pytest.approx(proof.tolerance))
    assert 0.003 < proof.tolerance < 0.01


@pytest.mark.parametrize(
    "change",
    [
        lambda items, scores: (items, scores + np.float32(0.1)),
        lambda items, scores: (items[:, ::-1], scores),
        lambda items, scores: (items, np.full_like(scores, np.nan)),
    ],
    ids=["other scores", "another order", "no numbers"],
)
def test_other_answers_are_not_shipped(made, machine, tmp_path, change):
    machine(change)
    with pytest.raises(ProofFailed, match="golden questions are answered otherwise") as caught:
        ship(made, tmp_path / "b", "bow/float32", checks=[XNNPACK])
    assert caught.value.exit_code == 1
    assert XNNPACK in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["tpu", "xnnpack", "litert/cpu", "aarch64/gpu", ""])
def test_a_target_that_checks_nothing(made, tmp_path, word):
    with pytest.raises(UsageError, match=r"checks answers; allowed: aarch64, aarch64/cpu"):
        ship(made, tmp_path / "b", checks=[word])


def test_a_machine_that_is_not_here(made, tmp_path, monkeypatch):
    monkeypatch.setattr(sysroot, "home", lambda: tmp_path / "nowhere")
    with pytest.raises(Unsupported, match=r"rbench tool fetch aarch64|apt install qemu-user"):
        ship(made, tmp_path / "b", checks=[XNNPACK])
    assert not (tmp_path / "b").exists()


def test_every_checker_may_be_asked():
    assert [tool.word for tool in tools.installed() if isinstance(tool, Checker)] == ["aarch64"]


@pytest.mark.slow
def test_the_real_machine(made, tmp_path):
    try:
        sysroot.find("")
    except Unsupported as error:
        pytest.skip(f"{error}")
    done = ship(made, tmp_path / "b", "bow/dynamic_wi8", checks=["aarch64"])
    assert [one.target for one in done.proofs] == ["aarch64/cpu", XNNPACK]
    assert (done.to / "model.tflite").is_file()
