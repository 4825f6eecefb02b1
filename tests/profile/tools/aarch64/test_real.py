"""The real emulator and sysroot, where they are: ARM kernels answer as this host's."""

import os

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="timing a .tflite needs rbench[profile]")

from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.profile import ProfileSettings
from rbench.profile.checking import check
from rbench.profile.tools.aarch64 import run, sysroot
from rbench.testing.flat import recommender

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("emulation")]


@pytest.fixture
def asked(tmp_path):
    """A small recommender and its contexts."""
    random = np.random.default_rng(1)
    model, contexts = tmp_path / "model.tflite", tmp_path / "contexts.npy"
    table = random.normal(size=(300, 16)).astype(np.float32)
    model.write_bytes(recommender(table, 6))
    np.save(contexts, random.integers(1, 300, (8, 6)).astype(np.int32))
    return model, contexts


@pytest.mark.parametrize("target", ["aarch64/cpu", "aarch64/xnnpack"])
def test_a_file_answers_as_here(asked, target):
    made = check(ProfileSettings(), asked[0], Target.parse(target), asked[1])
    assert (made.overlap, made.contexts, made.top) == (1.0, 8, 10)
    assert made.max_score_difference < 1e-4 * made.score_scale
    assert "emulated cortex-a76" in made.runtime


def test_a_wrapper_that_emulates_sme_is_refused(asked, emulation, tmp_path, monkeypatch):
    """QEMU's ``max`` has SME; the program in the machine reads that off the kernel's words."""
    wrapper = tmp_path / "qemu-aarch64"
    wrapper.write_text(f'#!/bin/sh\nshift 2\nexec {emulation.emulator} -cpu max "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sysroot, "EMULATORS", ("qemu-aarch64",))
    with pytest.raises(StageError, match="SME"):
        check(ProfileSettings(), asked[0], Target.parse("aarch64/cpu"), asked[1])


@pytest.mark.parametrize(("cpu", "right"), [("max", False), ("max,sme=off", True)])
def test_it_is_sme_that_answers_wrong(cpu, right, asked, monkeypatch):
    """Why it is kept off: the same int8 file, the same runtime and emulator, that alone apart."""
    random = np.random.default_rng(1)
    table = random.normal(scale=0.3, size=(301, 16)).astype(np.float32)
    table[0] = 0
    asked[0].write_bytes(recommender(table, 6, k=20, scheme="static", scoring=table[1:]))
    guest = run._guest

    def chosen(machine, own, folder):
        return [cpu if word == own else word for word in guest(machine, own, folder)]

    monkeypatch.setattr(run, "_guest", chosen)
    monkeypatch.setattr(run, "_hold", lambda told, target: None)
    target = Target.parse("aarch64/xnnpack")
    if right:
        assert check(ProfileSettings(), asked[0], target, asked[1]).overlap == 1.0
    else:
        with pytest.raises(StageError, match="wrong answers: 0"):
            check(ProfileSettings(), asked[0], target, asked[1])


def test_wrong_answers_are_found(asked, monkeypatch, tmp_path):
    """The emulated machine runs another file than this host: as wrong kernels would answer."""
    other = tmp_path / "other.tflite"
    table = np.random.default_rng(2).normal(size=(300, 16)).astype(np.float32)
    other.write_bytes(recommender(table, 6))
    asks = run._run

    def exchanged(command, order, *rest):
        if "-cpu" in command:
            order = {**order, "model": str(other)}
        return asks(command, order, *rest)

    monkeypatch.setattr(run, "_run", exchanged)
    with pytest.raises(StageError, match="wrong answers: 0"):
        check(ProfileSettings(), asked[0], Target.parse("aarch64/cpu"), asked[1])


def test_a_program_that_crashes_in_the_machine_costs_its_cell(asked):
    asked[0].write_bytes(asked[0].read_bytes()[:100])
    with pytest.raises(StageError, match="interpreter left with code"):
        check(ProfileSettings(), asked[0], Target.parse("aarch64/cpu"), asked[1])
