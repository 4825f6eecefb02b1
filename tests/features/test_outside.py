"""A feature from an installed package goes through a sweep that does not know it."""

import json
import os
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-feature.md"


@pytest.fixture
def outside(tmp_path):
    """The environment in which a package brings the feature of the docs."""
    place = tmp_path / "outside"
    info = place / "nights-1.0.dist-info"
    info.mkdir(parents=True)
    text = PAGE.read_text("utf-8")
    (source,) = re.findall(r"```python\n# night\.py\n(.*?)```", text, re.DOTALL)
    (place / "night_of_theirs.py").write_text(source)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nights\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rbench.features]\nnight = night_of_theirs:Night\n")
    places = [str(place), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, places))}


@pytest.mark.slow
def test_a_sweep_a_list_a_report_and_the_gate_show_it(tiny_study, command, outside, tmp_path):
    pytest.importorskip("tf_keras", reason="training needs rbench[sweep]")
    tiny_study.write_text(tiny_study.read_text() + "\n[features]\nnight = { until = 9 }\n")
    narrow = ("--recipe", "float32", "--target", "cpu")
    missing = command("sweep", tiny_study, *narrow, check=2)
    assert "unknown feature 'night'" in missing.stderr

    run = tmp_path / "run"
    command("sweep", tiny_study, "--out", run, *narrow, env=outside, check=0)
    (record,) = map(json.loads, (run / "records.jsonl").read_text().splitlines())
    assert record["state"] == "ok"
    assert record["settings"]["features"]["night"]["input"] == "night"
    assert record["quality"]["parity"]["top10_overlap"] > 0.9

    rows = json.loads(command("list", "features", "--json", env=outside, check=0).stdout)
    assert [row["name"] for row in rows] == ["category", "night", "number", "time_gaps"]
    # What is read needs no package.
    said = "bow is given night beside the context: 1 for an item that was touched before six"
    for kind in ("html", "markdown"):
        assert said in command("report", run, "--format", kind, "--out", "-", check=0).stdout
    budget = tmp_path / "budget.toml"
    budget.write_text('[[cells]]\nquality."ndcg@10" = { min = 0.0 }\n')
    assert said in command("gate", run, "--budget", budget, "--json", check=0).stdout
