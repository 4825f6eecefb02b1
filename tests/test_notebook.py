"""From Python in three lines: sweep, the best cell, ship; with the command line's own answers."""

import msgspec
import pytest

import rbench
from rbench.choose import NoneKeeps
from rbench.errors import RecordError, UsageError
from rbench.records import run_folder
from rbench.ship.clients import client
from rbench.study import Study
from rbench.testing.answering import answering_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return rbench.read_run(answering_run(tmp_path_factory.mktemp("notebook") / "run").folder)


def test_a_run_is_the_run_of_its_folder(run):
    plain = run_folder.read_run(run.folder)
    assert isinstance(run, rbench.Run)
    assert (run.folder, run.info, run.records) == (plain.folder, plain.info, plain.records)
    assert list(run.frame().state) == ["ok"] * 6


def test_the_best_within_limits(run):
    free = run.best()
    sizes = {one.cell.recipe: one.model.size_bytes for one in run.records}
    assert run.best(max_size=10**9) == free
    assert run.best(max_size="15713").cell.recipe == "dynamic_wi8"
    assert sizes["dynamic_wi8"] < 15_713 < sizes["static_wi8_ai8"]
    with pytest.raises(NoneKeeps, match=r"nearest is bow/dynamic_wi8"):
        run.best(max_size="1KB")


def test_the_study_s_limits_hold_unless_others_are_given(run):
    settings = {**run.info.settings, "limits": {"size_bytes": 15_713}}
    held = msgspec.structs.replace(run, info=msgspec.structs.replace(run.info, settings=settings))
    assert held.best().cell.recipe == "dynamic_wi8"
    assert held.best(max_latency_us=10**6).cell.recipe == "dynamic_wi8"
    assert held.best(max_size="1MB") == run.best()


@pytest.mark.parametrize(
    "limit",
    [{"max_size": 0}, {"max_size": "much"}, {"max_latency_us": float("nan")}, {"max_memory": True}],
)
def test_a_limit_that_is_none(run, limit):
    with pytest.raises(UsageError):
        run.best(**limit)


def test_nothing_to_recommend(run):
    records = tuple(msgspec.structs.replace(one, state="failed") for one in run.records)
    with pytest.raises(UsageError, match="none was finished with a score"):
        msgspec.structs.replace(run, records=records).best()


def test_what_is_best_is_shipped(run, tmp_path):
    best = run.best(max_size="15713")
    done = run.ship(best, tmp_path / "bundle")
    assert done.contract.cell.recipe == "dynamic_wi8"
    assert client.selftest(done.to) == []
    one = run.ship("bow/float32", tmp_path / "one.tflite", single_file=True)
    assert client.selftest(one.to) == []


def test_titles_by_their_path(run, tmp_path):
    (tmp_path / "t.csv").write_text("id,title\nitem-1,One\n")
    done = run.ship(to=tmp_path / "b", titles=tmp_path / "t.csv", licence="mit")
    assert client.Recommender(done.to).titles[1] == "One"
    assert 'license: "mit"' in (done.to / "README.md").read_text()


def test_errors_are_the_command_s(run, tmp_path):
    with pytest.raises(UsageError, match="no cell 'x'"):
        run.ship("x", tmp_path / "b")
    with pytest.raises(RecordError, match=r"no records\.jsonl"):
        rbench.read_run(tmp_path)


def test_a_study_by_its_name_or_itself(run, monkeypatch):
    seen = []

    def swept(study, out, **options):
        seen.append((study.name, out, options))
        return run_folder.read_run(run.folder)

    monkeypatch.setattr("rbench.sweeping.sweep.sweep", swept)
    for study in ("default", Study()):
        found = rbench.sweep(study, "out", retry_failed=True)
        assert isinstance(found, rbench.Run)
    assert seen == [("default", "out", {"retry_failed": True})] * 2
