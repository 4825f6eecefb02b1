"""The comparison of two runs: what may differ, and that anything else is found."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from rbench.testing.runs import example_run

sys.path.append(str(Path(__file__).parents[2]))  # at the end: rbench is the installed one

from benchmarks.same_records import differences, main


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return example_run(tmp_path_factory.mktemp("runs") / "a").folder


@pytest.fixture
def pair(original, tmp_path):
    shutil.copytree(original, tmp_path / "b")
    return original, tmp_path / "b"


def changed(folder, change):
    """Apply a change to the first timed record."""
    path = folder / "records.jsonl"
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    change(next(record for record in records if record["timing"]))
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")


def changed_info(folder, **fields):
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **fields}), "utf-8")


def test_a_run_and_its_copy_say_the_same(pair):
    assert list(differences(*pair)) == []


def other_times(record):
    record["timing"]["median_us"] *= 2
    record["timing"]["verdict"] = "unstable"
    record["timing"]["reasons"] = ["rounds disagree"]


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["inputs"].update(train="0" * 64),
        lambda record: record["versions"].update(numpy="0.1"),
        lambda record: record.update(machine=None),
        lambda record: record["training"].update(seconds=1e6),
        other_times,
    ],
)
def test_keys_versions_machine_and_times_may_differ(pair, change):
    changed(pair[1], change)
    assert list(differences(*pair)) == []


def other_score(record):
    record["quality"]["metrics"]["ndcg@10"]["value"] += 1e-9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (other_score, "quality: metrics: ndcg@10: value: "),
        (lambda record: record["model"].update(size_bytes=1), "model: size_bytes: "),
        (lambda record: record.update(state="failed"), "state: "),
        (lambda record: record.update(reason="why"), 'reason: "" | "why"'),
        (lambda record: record["timing"].update(p99_us=None), "timing: p99_us: "),
        (lambda record: record["timing"].update(timed="query"), "timing: timed: "),
        (lambda record: record["settings"].update(new=1), "settings: new: only in the second"),
        (lambda record: record.update(model=None), "model: "),
    ],
)
def test_anything_else_is_found(pair, change, said):
    changed(pair[1], change)
    found = list(differences(*pair))
    assert len(found) == 1
    assert said in found[0]


def test_a_cell_that_is_missing_is_found(pair):
    path = pair[1] / "records.jsonl"
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")
    assert any(line.startswith("cells: ") for line in differences(*pair))


def test_the_run_s_own_document_is_compared(pair):
    changed_info(pair[1], created="now", rbench="9")
    assert list(differences(*pair)) == []
    changed_info(pair[1], cells=99)
    assert any(line.startswith("run.json: cells: ") for line in differences(*pair))


def test_a_model_with_one_other_byte_is_found(pair):
    model = next((pair[1] / "models").rglob("*.tflite"))
    content = bytearray(model.read_bytes())
    content[-1] ^= 1
    model.write_bytes(content)
    assert list(differences(*pair)) == [f"{model.relative_to(pair[1])}: other bytes"]


def test_an_artefact_that_is_gone_or_torn_is_found(pair):
    artefact = next((pair[1] / "artefacts").iterdir())
    artefact.write_bytes(b"torn")
    assert list(differences(*pair)) == [f"{artefact}: another content"]
    artefact.unlink()
    assert list(differences(*pair)) == [f"{artefact}: not there"]


@pytest.mark.parametrize(("equal", "code"), [(True, 0), (False, 1), (None, 2)])
def test_the_exit_code_says_it(pair, monkeypatch, capsys, equal, code):
    a, b = pair
    if equal is None:
        (b / "records.jsonl").write_text("{")
    elif not equal:
        changed(b, other_score)
    monkeypatch.setattr(sys, "argv", ["same_records.py", str(a), str(b)])
    assert main() == code
    assert capsys.readouterr()
