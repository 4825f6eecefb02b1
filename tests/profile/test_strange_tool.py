"""A tool from outside, one class and one entry point: the one of docs/writing-a-tool.md."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ai_edge_litert", reason="timing a .tflite needs rbench[profile]")

import numpy as np

from rbench.testing.flat import recommender

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-tool.md"
STUDY = """
name = "outside"
encoders = ["bow"]
recipes = ["float32"]
targets = ["cpu", "stopwatch/kernels", "stopwatch/kernels@2"]

[data.synthetic]
users = 60
items = 40
interactions_per_user = 8

[model]
width = 8
length = 6
top_k = 20

[train]
epochs = 1
batch_size = 16

[evaluate]
bootstrap = 20

[profile]
rounds = 3
instances = 1
min_runs = 300
min_seconds = 0.0
warmup_runs = 5
twins = 0
op_runs = 0
"""
BUDGET = """
[[cells]]
target = "stopwatch/*"
size = { max = "1 MB" }
latency = { max_us = 1000000.0, machine = "*" }
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A folder on which the page's package is installed: its modules and its metadata."""
    place = tmp_path_factory.mktemp("site")
    text = PAGE.read_text("utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        name = re.match(r"# (\w+\.py)\n", block)
        assert name, "a snippet without a name"
        (place / name[1]).write_text(block)
    (registration,) = re.findall(r"```toml\n\[project\.(.*?)```", text, re.DOTALL)
    group, line = re.fullmatch(r'entry-points\."([\w.]+)"\]\n(.*)\n', registration).groups()
    info = place / "stopwatch-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stopwatch\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{line.replace(chr(34), '')}\n")
    return place


@pytest.fixture(scope="module")
def run(package, tmp_path_factory):
    """Runs a program where the package is installed, as its users do."""
    store = tmp_path_factory.mktemp("store")

    def go(*words, module="rbench", check=(0,)):
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, words)],
            env={**os.environ, "PYTHONPATH": str(package), "RBENCH_STORE": str(store)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in check, done.stdout + done.stderr
        return done.stdout

    return go


@pytest.mark.slow
def test_its_words_are_listed(run):
    rows = {row["name"]: row["meaning"] for row in json.loads(run("list", "targets", "--json"))}
    assert rows["stopwatch/kernels"] == "the CPU's kernels"
    assert rows["stopwatch/"] == "timed by a loop around ai-edge-litert's interpreter"
    assert list(rows)[:4] == ["cpu", "xnnpack", "xnnpack_cached", "gpu"]


@pytest.mark.slow
def test_a_file_is_timed(run, tmp_path):
    table = np.random.default_rng(1).normal(size=(300, 16)).astype(np.float32)
    (tmp_path / "model.tflite").write_bytes(recommender(table))
    said = run("profile", tmp_path / "model.tflite", "--target", "stopwatch/kernels", "--json")
    (record,) = map(json.loads, said.splitlines())
    assert (record["state"], record["cell"]["target"]) == ("ok", "stopwatch/kernels")
    assert record["timing"]["median_us"] > 0
    assert record["timing"]["verdict"] != "invalid"
    assert record["timing"]["details"]["runtime"] == "ai-edge-litert, by the stopwatch"
    assert "ai-edge-litert" in record["versions"]
    assert record.get("delegation") is None


@pytest.mark.slow
def test_a_wrong_delegate_is_explained(run, tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"")
    done = run("profile", tmp_path / "model.tflite", "--target", "stopwatch/gpu", check=(2,))
    assert done == ""


@pytest.mark.slow
def test_the_page_s_tool_keeps_the_contract(run, package):
    run("-q", "-p", "no:cacheprovider", package / "test_stopwatch.py", module="pytest")


@pytest.mark.slow
def test_a_sweep_a_page_the_doctor_and_the_gate_show_it(run, tmp_path):
    found = json.loads(run("doctor", "--json"))["found"]
    assert {"group": "tools", "name": "stopwatch", "here": True}.items() <= next(
        one for one in found if one["name"] == "stopwatch"
    ).items()
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "budget.toml").write_text(BUDGET)
    folder = tmp_path / "run"
    run("sweep", tmp_path / "study.toml", "--out", folder)
    lines = (folder / "records.jsonl").read_text().splitlines()
    records = {one["cell"]["target"]: one for one in map(json.loads, lines)}
    assert list(records) == ["cpu", "stopwatch/kernels", "stopwatch/kernels@2"]
    assert [one["state"] for one in records.values()] == ["ok"] * 3
    assert all(one["timing"]["rounds"] == 3 for one in records.values())
    page = (folder / "report.html").read_text()
    assert "stopwatch/kernels@2" in page
    # On a busy machine its times are unstable, and the gate says that instead.
    said = run("gate", folder, "--budget", tmp_path / "budget.toml", "--json", check=(0, 1))
    judged = {one["subject"] for one in json.loads(said)["findings"] if one["check"] == "latency"}
    assert judged == {"bow x float32 x stopwatch/kernels", "bow x float32 x stopwatch/kernels@2"}
