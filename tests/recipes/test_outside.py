"""A scheme and a compression from outside: every command has them, no line of rbench changed."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

WORDS = ("odd_grid", "coarse")


@pytest.fixture
def outside(theirs, command):
    """Runs `rbench` where the stranger's package is installed."""

    def run(*arguments, **options):
        return command(*arguments, env={"PYTHONPATH": str(theirs)}, **options)

    return run


@pytest.mark.slow
def test_they_are_listed_with_what_they_say(outside):
    rows = {row["name"]: row for row in json.loads(outside("list", "recipes", "--json").stdout)}
    assert rows["odd_grid"]["meaning"] == "float32 weights on a grid of 101 numbers"
    assert rows["coarse"]["meaning"] == "each layer's weights on 41 numbers"
    assert all(rows[word]["supported"] and not rows[word]["default"] for word in WORDS)
    said = outside("list", "recipes").stdout
    assert "[prune50+|prune80+|prune2x4+|cluster16+][coarse+][qat+]SCHEME" in " ".join(said.split())


def test_errors_name_them(outside):
    done = outside("sweep", "--recipe", "coarse+int8", check=2)
    assert "odd_grid" in done.stderr
    assert "[coarse+]" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


STUDY = """
name = "theirs"
encoders = ["bow"]
recipes = [
    "float32", "odd_grid", "coarse+dynamic_wi8", "cluster16+odd_grid", "qat+odd_grid",
    "coarse+qat+dynamic_wi8",
]
targets = ["cpu"]

[data.synthetic]
users = 60
items = 80
interactions_per_user = 8

[model]
width = 16
length = 6
top_k = 20

[train]
epochs = 2
batch_size = 16

[compress]
epochs = 1

[evaluate]
bootstrap = 50

[profile]
rounds = 2
min_runs = 20
min_seconds = 0.01
warmup_runs = 2
warmup_seconds = 0.0
"""


@pytest.mark.slow
def test_a_sweep_its_report_and_the_gate_have_them(outside, tmp_path):
    pytest.importorskip("tensorflow_model_optimization", reason="needs rbench[sweep]")
    (tmp_path / "study.toml").write_text(STUDY)
    outside("sweep", "study.toml", "--out", "run", check=0)
    lines = (tmp_path / "run" / "records.jsonl").read_text("utf-8").splitlines()
    records = {record["cell"]["recipe"]: record for record in map(json.loads, lines)}
    for recipe, library in (("odd_grid", "theirs"), ("coarse+dynamic_wi8", "tf.lite")):
        assert records[recipe]["state"] == "ok", records[recipe]
        assert records[recipe]["model"]["converter"] == library
    for recipe, reason in {
        "cluster16+odd_grid": "a cluster's numbers would move to the grid (theirs)",
        "qat+odd_grid": "odd_grid names no grid that training could learn (rbench)",
        "coarse+qat+dynamic_wi8": "would undo a grid of 41 numbers that coarse left",
    }.items():
        assert records[recipe]["state"] == "unsupported"
        assert reason in records[recipe]["reason"]
    distinct = records["odd_grid"]["model"]["census"]["constants"][0]["distinct"]
    assert distinct <= 101 < records["float32"]["model"]["census"]["constants"][0]["distinct"]
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "odd_grid" in page
    assert "coarse weights" in page
    gated = outside("gate", "run", "--max-size", "1", check=1)
    assert all(word in gated.stdout for word in WORDS)


@pytest.mark.slow
def test_they_keep_their_contracts(theirs):
    """The pages' own tests."""
    if not find_spec("tensorflow_model_optimization"):
        pytest.skip("needs rbench[sweep]")
    options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir", theirs)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, theirs],
        env={**os.environ, "PYTHONPATH": str(theirs)},
        cwd=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
