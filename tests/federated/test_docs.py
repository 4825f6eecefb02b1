"""docs/federated.md is run from its own text, with a log and trainings that are small."""

import re
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="a sweep needs rbench[sweep]")
pytest.importorskip("flwr", reason="Flower is not installed: pip install 'rbench[federated]'")

from rbench.records.run_folder import read_run

PAGE = (Path(__file__).parents[2] / "docs/federated.md").read_text("utf-8")
SMALL = """
[data.synthetic]
users = 40
items = 40
interactions_per_user = 8

[model]
width = 8
length = 6
top_k = 20

[train]
epochs = 2

[evaluate]
bootstrap = 50

[profile]
rounds = 2
min_runs = 20
min_seconds = 0.01
warmup_seconds = 0.0
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_page_does_what_it_says(tmp_path, own_store, monkeypatch, run_lines):
    monkeypatch.chdir(tmp_path)
    (study,) = blocks("toml")
    small = study.replace("rounds = 300", "rounds = 3").replace("round = 64", "round = 8")
    Path("federated.toml").write_text(small + SMALL)
    run_lines(blocks("bash")[1])
    records = read_run(Path("runs/federated")).records
    labels = {record.cell.encoder for record in records}
    assert labels == {"bow", "bow-federated"}
    assert {record.state for record in records} == {"ok"}
    known = next(r for r in records if r.cell.encoder == "bow-federated")
    assert known.settings["federated"]["beside"] == "bow"
    assert known.training["federation"]["trained"] == 3 * 8
    assert known.timing.median_us > 0
    assert "And if the logs stay" in Path("runs/federated/report.html").read_text("utf-8")
    private = read_run(Path("runs/private")).records
    noisy = next(r for r in private if r.cell.encoder == "bow-federated-noise-0.5")
    assert noisy.training["federation"]["privacy"]["epsilon"] > 1


def test_every_strategy_is_on_the_page():
    for name in ("fedavg", "fedavgm", "fedadagrad", "fedadam", "fedyogi", "SecAgg+"):
        assert name in PAGE
