"""What a run must show before it is judged: how many cells it has, and each of them once."""

import json
import os

import msgspec
import pytest

from rbench.gate import Limits, judge, read_against, read_budget
from rbench.records.run_folder import read_run, write_records
from rbench.testing.model_file import model_of

LARGE = Limits(max_size_bytes=10**6)


def said(run):
    verdict = judge(LARGE, run)
    assert verdict.exit_code == 1
    return [one.message for one in verdict.findings if one.status == "fail"]


def test_a_run_without_its_run_json(make_run):
    run = make_run()
    (run.folder / "run.json").unlink()
    (message,) = said(read_run(run.folder))
    assert message == "run.json is missing: it is not known how many cells there should be"


def test_three_records_of_eight(make_run):
    run = make_run()
    write_records(run.folder / "records.jsonl", run.records[:3])
    (message,) = said(read_run(run.folder))
    assert message == "5 of 8 cells left no record: the sweep is not done"


@pytest.mark.parametrize("cells", [0, -8])
def test_a_run_that_does_not_say_how_many_cells(make_run, rewrite, cells):
    (message,) = said(rewrite(make_run(), cells=cells))
    assert message == "run.json does not say how many cells there should be"


def test_more_records_than_cells(make_run, rewrite):
    (message,) = said(rewrite(make_run(), cells=7))
    assert message == "8 records of 7 cells"


def test_a_cell_twice(make_run):
    run = make_run()
    write_records(run.folder / "records.jsonl", [*run.records[:-1], run.records[0]])
    (message,) = said(read_run(run.folder))
    assert message == "2 records of it: which one counts?"


def test_links_and_names_that_lead_nowhere(make_run, rewrite):
    run = make_run()
    for kind in ("loop", "\0", "n" * 5000, "pipe"):
        (run.folder / "loop").unlink(missing_ok=True)
        (run.folder / "loop").symlink_to("loop")

        def stray(record, kind=kind):
            return msgspec.structs.replace(
                record, model=msgspec.structs.replace(record.model, path=kind)
            )

        assert len(said(rewrite(run, stray))) == 4


TOML = '[[files]]\npath = "app/*.tflite"\nsize = { max = "1KB" }\n'


@pytest.fixture
def app(tmp_path):
    """A folder with a budget and one model of 700 bytes."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/a.tflite").write_bytes(model_of(700))
    (tmp_path / "budget.toml").write_text(TOML)
    return tmp_path


def judged(app, **changes):
    limits = msgspec.structs.replace(read_budget(app / "budget.toml"), **changes)
    return judge(limits, root=app)


def test_the_limit_of_the_budget_holds_for_its_files(app):
    assert judged(app).exit_code == 0
    found = judged(app, max_size_bytes=100)
    assert found.exit_code == 1
    assert found.findings[0].message == "700 bytes of 100 bytes: 600 bytes too many"


def test_a_file_that_two_rules_match_is_held_to_it_once(app):
    (app / "budget.toml").write_text(TOML + TOML)
    found = judged(app, max_size_bytes=1000).findings
    assert [one.rule for one in found] == ["", "files[0]", "files[1]"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.symlink_to("nowhere"), "is a link to nowhere, which is not there"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b"<html>"), "it looks like a web page"),
        (lambda path: path.write_bytes(model_of(700)[:60]), "the file is torn"),
        (os.mkfifo, "is a pipe"),
    ],
)
def test_what_is_no_model_among_matches_fails(app, make, says):
    make(app / "app/b.tflite")
    found = judged(app)
    assert found.exit_code == 1
    assert [(one.subject, one.status) for one in found.findings] == [
        ("app/b.tflite", "fail"),
        ("app/a.tflite", "pass"),
    ]
    assert says in found.findings[0].message


def test_folders_on_the_way_are_no_matches(app):
    (app / "app/sub").mkdir()
    (app / "budget.toml").write_text(TOML.replace("*.tflite", "*"))
    assert judged(app).exit_code == 0


def test_a_folder_that_cannot_be_listed_fails_though_others_pass(app, monkeypatch):
    (app / "budget.toml").write_text(TOML.replace("app/*", "**/*"))
    (app / "closed").mkdir()
    real = os.scandir

    def scandir(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = judged(app)
    assert found.exit_code == 1
    assert (found.findings[0].subject, found.findings[0].message) == (
        "closed",
        "cannot be looked into: Permission denied",
    )


def test_a_file_that_goes_is_missed_however_the_pattern_is_spelt(app):
    mark = {"size_bytes": 700, "gzip_bytes": 70}
    text = json.dumps({"schema": 1, "files": {"app/a.tflite": mark, "app/gone.tflite": mark}})
    (app / "base.json").write_text(text)
    (app / "budget.toml").write_text(TOML.replace("app/*", "./app//*"))
    found = judge(read_budget(app / "budget.toml"), None, read_against(app / "base.json"), app)
    assert [one.subject for one in found.findings if one.status == "fail"] == ["app/gone.tflite"]


def test_two_models_in_one_file(make_run):
    run = make_run()
    small = next(one.model for one in run.records if one.cell.recipe == "dynamic_wi8")
    records = [msgspec.structs.replace(one, model=small) for one in run.records]
    write_records(run.folder / "records.jsonl", records)
    messages = said(read_run(run.folder))
    assert messages
    assert all(message.startswith(f"{small.path} is ") for message in messages)


def test_weights_beside_a_model_are_said(app, external):
    (app / "app/a.tflite").write_bytes(external((1, 0, 0, 400)))
    (app / "app/weights.bin").write_bytes(bytes(400))
    found = judged(app)
    assert found.exit_code == 0
    assert found.notes == (f"{app}/app/a.tflite: its weights in weights.bin are counted",)
    assert found.findings[0].number == (app / "app/a.tflite").stat().st_size + 400
