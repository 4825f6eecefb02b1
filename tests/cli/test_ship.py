"""`rbench ship`: what it prints, and that it needs no TensorFlow."""

import json

import pytest

from rbench.cli import main
from rbench.cli import ship as command_module
from rbench.testing.answering import answering_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return answering_run(tmp_path_factory.mktemp("ship") / "run", recipes=("dynamic_wi8",)).folder


def ship(*words):
    with pytest.raises(SystemExit) as left:
        main(["ship", *map(str, words)])
    return left.value.code


def test_it_says_what_and_where(run, tmp_path, capsys):
    assert ship(run, "--to", tmp_path / "b") == 0
    said = capsys.readouterr()
    first, place = said.out.splitlines()
    assert first.startswith("bow/dynamic_wi8 (the recommended cell): 15,712 bytes of model, ")
    assert place == str(tmp_path / "b")
    assert said.err == ""
    assert json.loads((tmp_path / "b/contract.json").read_bytes())["k"] == 30


def test_a_large_bundle_says_what_makes_it_smaller(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command_module, "LARGE_BYTES", 1000)
    assert ship(run, "--to", tmp_path / "b") == 0
    assert "--single-file compresses them" in capsys.readouterr().err
    assert ship(run, "--to", tmp_path / "b.tflite", "--single-file") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.slow
def test_no_tensorflow(command, run, tmp_path):
    blocked = ("tensorflow", "tf_keras", "pandas", "plotly", "jinja2", "ai_edge_quantizer")
    command("ship", run, "--to", tmp_path / "b", check=0, blocked=blocked)


@pytest.mark.slow
def test_the_runtime_is_asked_for(command, run, tmp_path):
    done = command("ship", run, "--to", tmp_path / "b", check=2, blocked=("ai_edge_litert",))
    assert "pip install 'rbench[profile]'" in done.stderr
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing option '--to'"),
        (("--to", "b", "--cell", "x"), "no cell 'x'; allowed: bow/dynamic_wi8"),
        (("--to", "b", "--column", "title"), "--column and --id-column are of a table"),
        (("--to", "b", "--titles", "none.csv"), "none.csv"),
    ],
)
def test_wrong_words(run, tmp_path, capsys, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert ship(run, *words) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_run(tmp_path, capsys):
    assert ship(tmp_path, "--to", tmp_path / "b") == 2
    assert "no records.jsonl here" in capsys.readouterr().err
