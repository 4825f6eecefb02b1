"""docs/personal.md is run from its own text, with a log, a training and a timing that are small."""

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="a sweep needs rbench[sweep]")

from rbench.cli import main
from rbench.records.run_folder import read_run

PAGE = (Path(__file__).parents[2] / "docs/personal.md").read_text("utf-8")
SMALL = """
[data.synthetic]
users = 120
items = 60
interactions_per_user = 14

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
min_runs = 40
min_seconds = 0.02
warmup_seconds = 0.0
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_page_does_what_it_says(tmp_path, own_store, monkeypatch, capsys, run_lines):
    monkeypatch.chdir(tmp_path)
    study, _ = blocks("toml")
    Path("taps.toml").write_text(study + SMALL)
    run_lines(blocks("bash")[0])
    gru, bow = read_run(Path("runs/taps")).records
    assert (gru.state, bow.state) == ("ok", "ok"), (gru.reason, bow.reason)
    assert gru.model.census["tap"] == {"numbers": 8}
    assert gru.model.census["stored_twice"]["buffers"] == 0
    assert "ring" in bow.model.census["tap"]["reason"]
    assert gru.quality.tap.top10_overlap == 1.0
    assert gru.quality.tap.max_score_difference < 1e-4
    assert gru.quality.tap.longer == gru.quality.users == 120
    assert set(gru.quality.tap.ndcg) == {"recommend", "tap", "low", "high"}
    assert gru.timing.tap.ratio > 0
    assert len(gru.timing.tap.round_medians_us) == 2
    assert (bow.quality.tap, bow.timing.tap) == (None, None)
    assert "And item by item?" in Path("runs/taps/report.html").read_text("utf-8")
    told = of_an_app(blocks("python")[0], tmp_path / "bundle", monkeypatch, capsys)
    assert told.count("'") == 20


@pytest.mark.slow
def test_the_page_s_file_learns(tmp_path, own_store, monkeypatch, capsys, run_lines):
    monkeypatch.chdir(tmp_path)
    _, study = blocks("toml")
    Path("learn.toml").write_text(study + SMALL)
    run_lines(blocks("bash")[1])
    records = read_run(Path("runs/learn")).records
    assert [record.state for record in records] == ["ok", "ok"], [one.reason for one in records]
    for record in records:
        said = {"numbers": 8, "state": "variable", "rate": 1.0, "decay": 0.1}
        assert record.model.census["personal"] == said
        assert record.model.census["item_table"]["shared"]
        assert record.model.census["stored_twice"]["buffers"] == 0
        known, new = record.quality.stream.known, record.quality.stream.new
        assert known.users + new.users == record.quality.users == 120
        assert 10 < new.users < 40
        assert known.taps == 5 * known.users  # of six held out, one validates
        assert new.taps == 13 * new.users  # all but the first
        assert len(record.quality.stream.rates) == 2
        assert known.low <= known.learning - known.frozen <= known.high
        assert record.timing.update.median_us > 0
        assert len(record.timing.update.round_medians_us) == 2
        assert record.settings["personal"] == {"rate": 1.0, "decay": 0.1, "state": "variable"}
    Path("learn.toml").write_text(f'{study}state = "tensor"\n{SMALL}')
    with pytest.raises(SystemExit) as left:
        main(["sweep", "learn.toml", "--recipe", "dynamic_wi8", "--out", "runs/handed"])
    assert left.value.code == 0, capsys.readouterr()
    (handed,) = read_run(Path("runs/handed")).records
    assert handed.model.census["personal"]["state"] == "tensor"
    assert handed.quality.stream == records[1].quality.stream
    assert handed.timing.update.median_us > 0
    assert "And for this very user?" in Path("runs/learn/report.html").read_text("utf-8")
    told = of_an_app(blocks("python")[1], tmp_path / "learner", monkeypatch, capsys)
    assert told.count("'") == 20


def of_an_app(program, bundle, monkeypatch, capsys):
    """What a program prints that imports a bundle's client."""
    monkeypatch.setattr(sys, "path", [str(bundle), *sys.path])
    monkeypatch.delitem(sys.modules, "client", raising=False)
    capsys.readouterr()
    exec(compile(program, "docs/personal.md", "exec"), {})
    sys.modules.pop("client")
    return capsys.readouterr().out
