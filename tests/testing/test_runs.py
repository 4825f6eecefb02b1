import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from rbench.records import Run, artefacts_of
from rbench.records.run_folder import read_run
from rbench.study import Limits
from rbench.testing.runs import example_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    states = {
        ("gru", "float32", "cpu"): "failed",
        ("gru", "float16", "cpu"): "unsupported",
        ("gru", "float16", "xnnpack"): "unsupported",
        ("gru", "float32", "xnnpack"): "unstable",
    }
    return example_run(
        tmp_path_factory.mktemp("run"),
        encoders=["gru", "theirs"],
        recipes=["float32", "float16"],
        states=states,
        size_bytes={("theirs", "float16"): 5000},
    )


def test_reads_back(run):
    assert read_run(run.folder) == run
    assert len(run.records) == run.info.cells == 8


def test_states_are_as_asked(run):
    states = [(record.state, bool(record.reason)) for record in run.records[:4]]
    assert states == [("failed", True), ("ok", False), ("unsupported", True), ("unsupported", True)]
    assert run.records[1].timing.verdict == "unstable"
    assert {r.timing.verdict for r in run.records[4:]} == {"stable"}
    assert run.records[0].model is not None
    assert run.records[0].timing is None
    assert run.records[2].model is None


def test_files_are_what_the_records_say(run):
    made = [record for record in run.records if record.model]
    for record in made:
        content = (run.folder / record.model.path).read_bytes()
        assert len(content) == record.model.size_bytes
        assert hashlib.sha256(content).hexdigest() == record.model.sha256
        packed = gzip.compress(content, compresslevel=1, mtime=0)
        assert len(packed) == record.model.gzip_bytes
    assert {r.model.size_bytes for r in made if r.cell.recipe == "float16"} == {5000}


def test_numbers_are_those_of_the_artefacts(run):
    for sha in artefacts_of(run.records):
        assert run.artefact(sha).is_file()
    record = run.records[-1]
    ranks = np.load(run.artefact(record.quality.ranks))["ranks"]
    assert len(ranks) == record.quality.users
    assert record.quality.metrics["recall@10"].value == (ranks <= 10).mean()
    samples = np.load(run.artefact(record.timing.samples))
    assert np.median(samples["samples_ns"]) / 1000 == pytest.approx(record.timing.median_us)
    assert len(samples["round"]) == record.timing.runs


def test_same_seed_same_bytes_other_seed_other_numbers(tmp_path: Path):
    def made(name: str, seed: int) -> bytes:
        example_run(tmp_path / name, encoders=["gru"], recipes=["float32"], seed=seed)
        return (tmp_path / name / "records.jsonl").read_bytes()

    assert made("a", 1) == made("b", 1)
    assert made("a", 1) != made("c", 2)


def test_two_seeds_are_on_the_same_data(tmp_path: Path):
    one, two = (
        example_run(tmp_path / str(seed), encoders=["gru"], recipes=["float32"], seed=seed)
        for seed in (1, 2)
    )
    assert one.records[0].data == two.records[0].data
    assert one.records[0].machine == two.records[0].machine


def test_limits_are_in_the_settings(tmp_path: Path):
    run = example_run(tmp_path, encoders=["bow"], limits=Limits(size_bytes=12))
    assert run.info.settings["limits"]["size_bytes"] == 12
