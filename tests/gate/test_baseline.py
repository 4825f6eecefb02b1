"""Baseline files: written, read again, grown by updates, and refused where they are wrong."""

import json

import pytest

from rbench.cli import main
from rbench.errors import RecordError
from rbench.gate import read_against, read_baseline
from rbench.gate.rules import LONGEST
from rbench.testing.model_file import model_of


def gate(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["gate", *map(str, arguments)])
    return caught.value.code


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rbench-baseline.json"


def test_a_run_is_remembered(make_run, path, capsys):
    run = make_run()
    assert gate("--update", path, run.folder) == 0
    assert capsys.readouterr().out == f"{path}: 4 models, 0 files\n"
    baseline = read_baseline(path)
    mark = baseline.models["gru x float32"]
    record = next(r for r in run.records if str(r.cell) == "gru x float32 x cpu")
    assert (mark.size_bytes, mark.gzip_bytes) == (1000, record.model.gzip_bytes)
    assert mark.data == record.data
    assert mark.quality.keys() == record.quality.metrics.keys()
    assert len(mark.history) == 1
    assert path.stat().st_size < 10_000


def test_the_same_run_twice_makes_the_same_bytes(make_run, path):
    run = make_run()
    gate("--update", path, run.folder)
    first = path.read_bytes()
    gate("--update", path, run.folder)
    assert path.read_bytes() == first


@pytest.mark.slow
def test_history_grows_and_ends(make_run, rewrite, path):
    run = make_run()
    for day in range(LONGEST + 3):
        rewrite(run, created=f"2026-02-{day + 1:02}T00:00:00Z")
        gate("--update", path, run.folder)
    history = read_baseline(path).models["gru x float32"].history
    assert len(history) == LONGEST
    assert history[-1].created == f"2026-02-{LONGEST + 3:02}T00:00:00Z"
    assert [past.created for past in history] == sorted(past.created for past in history)


def test_a_run_that_fails_is_no_baseline(make_run, path, capsys):
    good = make_run()
    gate("--update", path, good.folder)
    before = path.read_bytes()
    (good.folder / "models/gru/float32.tflite").unlink()
    assert gate("--update", path, good.folder) == 1
    said = capsys.readouterr()
    assert "is left as it was: the gate fails" in said.err
    assert "models/gru/float32.tflite is missing" in said.out
    assert path.read_bytes() == before


def test_a_run_without_models_is_no_baseline(make_run, path, capsys):
    cells = [
        (e, r, t) for e in ("bow", "gru") for r in ("float32", "dynamic_wi8") for t in ("cpu",)
    ]
    run = make_run(targets=("cpu",), states=dict.fromkeys(cells, "unsupported"))
    assert gate("--update", path, run.folder) == 2
    assert "nothing to remember" in capsys.readouterr().err
    assert not path.exists()


def test_files_are_remembered_and_missed(tmp_path, path, capsys):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/a.tflite").write_bytes(model_of(1000))
    (tmp_path / "app/b.tflite").write_bytes(model_of(2000))
    budget = tmp_path / "budget.toml"
    budget.write_text(
        '[[files]]\npath = "app/**/*.tflite"\nsize = { max = "3KB", max_growth = "5%" }\n'
    )
    assert gate("--budget", budget, "--update", path) == 0
    assert gate("--budget", budget, "--against", path) == 0
    (tmp_path / "app/a.tflite").write_bytes(model_of(1051))
    assert gate("--budget", budget, "--against", path) == 1
    assert "app/a.tflite  size growth      5.10   5.00  -0.10  %" in capsys.readouterr().out
    (tmp_path / "app/b.tflite").unlink()
    (tmp_path / "app/a.tflite").write_bytes(model_of(1050))
    assert gate("--budget", budget, "--against", path) == 1
    assert "app/b.tflite: file: is in the baseline and missing here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull"),
    ],
)
def test_files_that_are_no_files(tmp_path, capsys, content, says):
    (tmp_path / "a.tflite").write_bytes(content)
    budget = tmp_path / "budget.toml"
    budget.write_text('[[files]]\npath = "*.tflite"\nsize = { max = "3KB" }\n')
    assert gate("--budget", budget) == 1
    assert says in capsys.readouterr().out


def test_a_pattern_without_files(tmp_path, capsys):
    budget = tmp_path / "budget.toml"
    rule = '[[files]]\npath = "*.tflite"\nsize = { max = "3KB" }\n'
    budget.write_text(rule)
    assert gate("--budget", budget) == 1
    assert "*.tflite: rule: no file matches in" in capsys.readouterr().out
    budget.write_text(rule + "optional = true\n")
    assert gate("--budget", budget) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no JSON document"),
        (b"\xff", "no JSON document"),
        (b"[]", "no schema number"),
        (b'{"schema": true}', "no schema number"),
        (b'{"schema": 2}', "schema 2 is newer than this rbench"),
        (b'{"schema": 1, "models": {"a": {}}}', "missing required field"),
        (b'{"schema": 1, "models": 3}', "Expected `object`"),
        (
            b'{"schema": 1, "models": {"a": {"size_bytes": 1%s, "gzip_bytes": 1}}}' % (b"0" * 400),
            "'a' has more bytes than any file",
        ),
    ],
)
def test_what_is_no_baseline(path, content, says):
    path.write_bytes(content)
    with pytest.raises(RecordError, match=r"rbench-baseline\.json") as caught:
        read_baseline(path)
    assert says in str(caught.value)


def test_a_baseline_that_is_not_there(tmp_path):
    with pytest.raises(RecordError, match="cannot read the baseline: No such file"):
        read_against(tmp_path / "nowhere.json")


def test_unknown_keys_are_ignored(path):
    path.write_text(json.dumps({"schema": 1, "models": {}, "later": 3}))
    assert read_baseline(path).models == {}


def test_the_run_and_its_baseline_file_agree(make_run, path):
    run = make_run()
    gate("--update", path, run.folder)
    from_file, from_run = read_against(path), read_against(run.folder)
    for name, mark in from_run.baseline.models.items():
        kept = from_file.baseline.models[name]
        assert (kept.size_bytes, kept.quality) == (mark.size_bytes, mark.quality)
    assert from_file.ranks("gru x float32").values is None
    assert from_run.ranks("gru x float32").values.shape == (20,)
