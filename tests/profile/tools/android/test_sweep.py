"""A real sweep with a phone among its targets."""

import json
import os
from importlib.util import find_spec

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("rbench sweep needs rbench[sweep]", allow_module_level=True)

CELLS = ("--recipe", "float32", "--target", "cpu", "--target", "PHONE1/benchmark_model/cpu")


@pytest.mark.slow
def test_a_phone_that_vanishes_fails_its_cells_only(command, tiny_study, phone, tmp_path):
    def sweep(fault, check):
        env = {"ADB_FAULT": fault, "STAND_IN_NODES": "from the graph", "PATH": os.environ["PATH"]}
        phone.forget()
        done = command(
            "sweep", tiny_study, *CELLS, "--out", tmp_path / "run", "--json", env=env, check=check
        )
        records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return {record["cell"]["target"]: record for record in records}

    broken = sweep("drop:9", 1)
    here, there = broken["cpu"], broken["PHONE1/cpu"]
    assert here["state"] == "ok"
    assert (there["state"], there["stage"]) == ("failed", "profile")
    assert "the phone PHONE1 went away" in there["reason"]
    assert there.get("timing") is None
    assert there.get("machine") is None

    whole = sweep("", 0)
    there = whole["PHONE1/cpu"]
    assert there["state"] == "ok"
    assert there["timing"]["median_us"] == 140
    assert there["machine"]["name"] == "Google Pixel 7 PHONE1"
    assert there["timing"]["details"]["phone"][0]["before"]["battery_percent"] == 87
    assert there["versions"]["benchmark_model"].startswith("sha256:")
    assert whole["cpu"]["timing"] == here["timing"]
    assert whole["cpu"]["machine"] != there["machine"]
    assert phone.left == []

    # What was timed stays, though the phone is gone now.
    again = sweep("absent", 0)
    assert again["PHONE1/cpu"] == there
