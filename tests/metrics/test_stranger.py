"""A metric from outside, one file and one entry point: recorded, listed, shown, limited."""

import importlib
import json
import re
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rbench import installed, plugins
from rbench.errors import PluginError
from rbench.gate import judge, parse_budget, read_against
from rbench.metrics import Lists, found
from rbench.metrics.estimates import estimates
from rbench.records.run_folder import read_run, write_records
from rbench.testing import check_metric
from rbench.testing.runs import example_run
from rbench_reports.csv_rows import Csv
from rbench_reports.html import Html

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-metric.md"
SNIPPET = re.findall(r"```python\n# hits\.py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
NOBODY = Lists(np.zeros((0, 10), np.int32), np.zeros(1, np.int64))


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package of one file that registers a metric."""
    names = []

    def made(name, source, kind):
        module = f"stranger_{name}_{len(names)}"
        place = tmp_path / module
        info = place / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (place / f"{module}.py").write_text(source)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[rbench.metrics]\n{name} = {module}:{kind}\n")
        monkeypatch.setattr(sys, "path", [*sys.path, str(place)])
        names.append(module)
        importlib.invalidate_caches()
        installed.entries.cache_clear()
        return module

    yield made
    installed.entries.cache_clear()
    for name in names:
        sys.modules.pop(name, None)


def scored(folder):
    """A run whose records hold what an evaluation would have written."""
    run = example_run(folder, encoders=("gru",), recipes=("float32",), targets=("cpu",), users=200)

    def again(record):
        ranks = np.load(run.artefact(record.quality.ranks))["ranks"]
        metrics = estimates(ranks, NOBODY, 50, 1)
        quality = msgspec.structs.replace(record.quality, metrics=metrics)
        return msgspec.structs.replace(record, quality=quality)

    write_records(folder / "records.jsonl", [again(record) for record in run.records])
    return read_run(folder)


@pytest.mark.slow
def test_a_stranger_s_metric_is_computed_recorded_shown_and_limited(install, tmp_path):
    install("hits", SNIPPET, "Hits")
    check_metric(found.metric("hits"))
    assert found.names()[-3:] == ("mrr", "hits@3", "hits@5")
    assert found.gains("hits@3", np.array([1, 2, 4, 0])).tolist() == [1.0, 0.5, 0.0, 0.0]
    run = scored(tmp_path / "run")
    assert {"hits@3", "hits@5", "ndcg@10"} < set(run.records[0].quality.metrics)
    page = Html().render(run)
    assert "Hits@3" in page
    assert "quality.metrics.hits@3.value" in Csv().render(run).splitlines()[0]
    kept = parse_budget('[[cells]]\nquality."hits@3" = { min = 0.0, max_loss = "0%" }')
    assert judge(kept, run, read_against(run.folder)).summary == "2 passed"
    broken = parse_budget('[[cells]]\nquality."hits@5" = { min = 0.99 }')
    assert judge(broken, run).findings[0].status == "fail"


def test_ours_are_what_they_were_beside_it(install):
    ranks = np.random.default_rng(1).integers(0, 60, 500)
    alone = estimates(ranks, NOBODY, 100, 1)
    install("hits", SNIPPET, "Hits")
    beside = estimates(ranks, NOBODY, 100, 1)
    assert {name: beside[name] for name in alone} == alone


def test_its_code_is_in_the_keys(install, tmp_path):
    before = found.sources()
    module = install("hits", SNIPPET, "Hits")
    first = found.sources()
    assert set(first) == {*before, "hits"}
    file = tmp_path / module / f"{module}.py"
    file.write_text(SNIPPET + "\nCHANGED = True\n")
    assert found.sources()["hits"] != first["hits"]


def test_it_is_listed(install, capsys):
    from rbench.cli import main

    install("hits", SNIPPET, "Hits")
    install("broken", "raise ValueError('no such luck')", "Broken")
    with pytest.raises(SystemExit):
        main(["list", "metrics", "--json"])
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["hits"]["recorded"] == "hits@3, hits@5"
    assert "no such luck" in rows["broken"]["meaning"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("raise ValueError('no such luck')", "no such luck"),
        ("class Odd: pass", "is no metric"),
        (SNIPPET.replace("class Hits", "class Odd").replace("0.5 **", "2.0 **"), "gains from 0 to"),
        (SNIPPET.replace("class Hits", "class Odd").replace("(3, 5)", "(0,)"), "the cutoffs"),
        (
            SNIPPET.replace("class Hits", "class Odd").replace("return among", "return 1 / 0"),
            "ZeroDivisionError",
        ),
    ],
)
def test_a_broken_one_shows_before_any_work(install, source, says):
    install("odd", source, "Odd")
    with pytest.raises(PluginError, match=says):
        found.sources()


def test_without_it_its_records_are_still_read(install, tmp_path):
    install("hits", SNIPPET, "Hits")
    run = scored(tmp_path / "run")
    budget = parse_budget('[[cells]]\nquality."hits@3" = { max_loss = "0%" }')
    by_users = judge(budget, run, read_against(run.folder)).findings[0]
    assert "user by user" in by_users.message


def test_ours_must_be_there(monkeypatch):
    monkeypatch.setattr(plugins, "names", lambda group: ())
    with pytest.raises(PluginError, match="install rbench again"):
        found.families()
