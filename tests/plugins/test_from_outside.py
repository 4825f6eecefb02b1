"""A loss and a metric from an installed package go through a sweep that knows neither."""

import csv
import json
import os
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = pytest.mark.slow


def snippet(page, file):
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"```python\n# {re.escape(file)}\n(.*?)```", text, re.DOTALL)[0]


@pytest.fixture
def outside(tmp_path):
    """The environment in which a package brings the metric and the loss of the docs."""
    place = tmp_path / "outside"
    info = place / "parts-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "part_hits.py").write_text(snippet("writing-a-metric.md", "hits.py"))
    (place / "part_sampled.py").write_text(snippet("writing-a-loss.md", "sampled.py"))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parts\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[rbench.metrics]\nhits = part_hits:Hits\n[rbench.losses]\nsampled = part_sampled:Sampled\n"
    )
    places = [str(place), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, places))}


def test_a_sweep_trains_with_the_loss_and_records_the_metric(
    tiny_study, command, outside, tmp_path
):
    study = tiny_study.read_text().replace(
        "[train]\n", '[train]\nloss = "sampled"\nloss_options = { negatives = 8 }\n'
    )
    tiny_study.write_text(study)
    run = tmp_path / "run"
    narrow = ("--recipe", "float32", "--target", "cpu")
    command("sweep", tiny_study, "--out", run, *narrow, env=outside, check=0)
    (record,) = map(json.loads, (run / "records.jsonl").read_text().splitlines())
    assert record["state"] == "ok"
    assert record["settings"]["train"]["loss"] == "sampled"
    assert record["settings"]["train"]["loss_options"] == {"negatives": 8}
    assert 0 <= record["quality"]["metrics"]["hits@3"]["value"] <= 1
    assert "hits@5" in json.loads((run / "run.json").read_text())["baselines"]["markov"]["metrics"]

    listed = {
        kind: command("list", kind, env=outside, check=0).stdout for kind in ("losses", "metrics")
    }
    assert "part_sampled:Sampled (parts)" in listed["losses"]
    assert "hits@3, hits@5" in listed["metrics"]
    table = command("report", run, "--format", "csv", "--out", "-", env=outside, check=0).stdout
    assert "quality.metrics.hits@3.value" in next(csv.reader(table.splitlines()))
    page = command("report", run, "--format", "html", "--out", "-", env=outside, check=0).stdout
    assert "Hits@3" in page

    budget = tmp_path / "budget.toml"
    budget.write_text('[[cells]]\nquality."hits@3" = { min = 0.0, max_loss = "0%" }\n')
    gate = ("gate", run, "--budget", budget, "--against", run)
    command(*gate, env=outside, check=0)
    budget.write_text('[[cells]]\nquality."hits@3" = { min = 1.0 }\n')
    command(*gate, env=outside, check=1)
    assert "hits@3" in command("report", run, "--format", "json", "--out", "-", check=0).stdout
    missing = command("sweep", tiny_study, "--out", tmp_path / "b", *narrow, check=2)
    assert "unknown loss 'sampled'" in missing.stderr
