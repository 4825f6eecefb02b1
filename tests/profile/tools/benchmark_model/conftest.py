"""A stand-in for the tool, and rounds of it."""

import sys
from pathlib import Path

import msgspec
import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.profile.tools.benchmark_model import tool

HERE = Path(__file__).parent
RECORDED = HERE.parents[2] / "recorded" / "benchmark_model"
CPU = Target.parse("benchmark_model/cpu")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """An executable that behaves like the tool."""
    path = tmp_path / "benchmark_model"
    path.write_text(f'#!/bin/sh\nexec {sys.executable} -S {HERE / "stand_in.py"} "$@"\n')
    path.chmod(0o755)
    monkeypatch.setenv("STAND_IN_RECORDED", str(RECORDED))
    monkeypatch.setenv(tool.VARIABLE, str(path))
    return path


@pytest.fixture
def measure(model, contexts, quick, tmp_path, stand_in, monkeypatch):
    def run(target=CPU, fault="", number=0, **changes):
        monkeypatch.setenv("STAND_IN_FAULT", fault)
        settings = msgspec.structs.replace(quick, **changes)
        return profile.measure(settings, model("recommender"), target, contexts, number, tmp_path)

    return run
