"""Real sweeps with the tool: the stand-in's, and the real one's against the interpreter."""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from rbench.profile.tools.benchmark_model import tool

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("rbench sweep needs rbench[sweep]", allow_module_level=True)

HERE = Path(__file__).parent
REAL = os.environ.get(tool.VARIABLE, "")
AGREE = 0.10
"""How far apart two tools' medians of one file may lie."""
KERNELS_OF_THE_BUILD = {("gru", "dynamic_wi8"): 0.25}
"""The same where the build decides: XNNPACK chooses its kernels at run time, but the plain kernels
of dynamic int8 are chosen when the runtime is compiled (``--define=tflite_with_ruy``, ``-march`` or
``--copt=-mavx2``), and the wheel and a build of the tool with other flags were 12 % apart in a GRU,
which multiplies by small matrices again and again. It is no other work, so a limit stays."""
SLOW_US = 20.0
"""Medians from here on are compared: the tool counts whole microseconds."""

STUDY = """
name = "both-tools"
encoders = ["bow", "gru"]
recipes = ["float32", "dynamic_wi8"]
targets = ["cpu", "xnnpack", "benchmark_model/cpu", "benchmark_model/xnnpack"]

[data.synthetic]
users = 300
items = 4000
interactions_per_user = 30

[model]
width = 48
length = 40
top_k = 20

[train]
epochs = 1

[evaluate]
bootstrap = 50

[profile]
contexts = 1
"""
"""With one context both tools ask the same: the native one never asks another, and a query costs
more where each asks about other rows of the table."""


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.slow
def test_the_tool_is_named_on_the_command_line(command, tiny_study, tmp_path):
    named = tmp_path / "mine"
    named.write_text(f'#!/bin/sh\nexec {sys.executable} -S {HERE / "stand_in.py"} "$@"\n')
    named.chmod(0o755)
    recorded = HERE.parents[2] / "recorded" / "benchmark_model"
    env = {"STAND_IN_RECORDED": str(recorded), "STAND_IN_NODES": "from the graph"}
    grid = ("--recipe", "float32", "--target", "benchmark_model/cpu", "--json")
    words = ("sweep", tiny_study, "--benchmark-model", "mine", *grid)
    (record,) = records(command(*words, env={**env, tool.VARIABLE: ""}, check=0))
    assert (record["state"], record["timing"]["median_us"]) == ("ok", 140)
    assert record["timing"]["details"]["tool_sha256"] == tool.build_hash(named)
    assert "--benchmark-model mine" in record["command"]


@pytest.mark.slow
def test_a_name_without_a_tool_is_bad_input(command, tiny_study, tmp_path):
    (tmp_path / "text").write_text("no program")
    for name in ("nothing", "text", "."):
        done = command("sweep", tiny_study, "--benchmark-model", name, check=2)
        assert f"--benchmark-model: no executable: {name!r}" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason=f"{tool.VARIABLE} is not set: the real tool is not here")
def test_the_real_tool_agrees_with_the_interpreter(command, tmp_path):
    """The same files, threads and delegates; the median of each over three rounds of a second."""
    (tmp_path / "both.toml").write_text(STUDY)
    found = records(command("sweep", "both.toml", "--json", check=0, timeout=900))
    assert {(record["state"], record["reason"]) for record in found} == {("ok", "")}
    medians = {
        (*(record["cell"][name] for name in ("encoder", "recipe")), record["cell"]["target"]): (
            record["timing"]["median_us"]
        )
        for record in found
    }
    apart = {
        place: (median, medians[(*place[:2], f"benchmark_model/{place[2]}")])
        for place, median in medians.items()
        if "/" not in place[2] and median >= SLOW_US
    }
    assert len(apart) >= 2, medians
    assert {
        place: pair
        for place, pair in apart.items()
        if abs(pair[1] / pair[0] - 1) > KERNELS_OF_THE_BUILD.get(place[:2], AGREE)
    } == {}
