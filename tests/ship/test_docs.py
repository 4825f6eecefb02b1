"""docs/shipping.md is run from its own text, and every key of a bundle's documents is described."""

import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

from rbench.cli import main
from rbench.ship import documents as doc
from rbench.ship.golden import CASES, LEAST_APART
from rbench.testing.answering import answering_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/shipping.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder in which the page's words mean something."""
    answering_run(tmp_path / "runs/mine", encoders=("bow", "gru"), recipes=("dynamic_wi8",))
    lines = (f"item-{number},Film {number}\n" for number in range(1, 501))
    (tmp_path / "movies.csv").write_text("movieId,title\n" + "".join(lines))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_do_what_the_page_says(place, capsys, monkeypatch):
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(lines) >= 6
    for line in lines:
        command, _, code = line.rpartition("#")
        program, *words = shlex.split(command)
        assert program == "rbench"
        with pytest.raises(SystemExit) as left:
            main(words)
        assert left.value.code == int(code.split(":")[0]), (line, capsys.readouterr())
    assert (place / "recommender.tflite").is_file()
    (block,) = blocks("console")
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    assert commands == ["pip install numpy ai-edge-litert", "python bundle/client.py selftest"]
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", commands[1].split()[1:])
    with pytest.raises(SystemExit) as left:
        runpy.run_path("bundle/client.py", run_name="__main__")
    assert (left.value.code, capsys.readouterr().out) == (0, "selftest: passed\n")
    (program,) = blocks("python")
    monkeypatch.setattr(sys, "path", [str(place / "bundle"), *sys.path])
    monkeypatch.delitem(sys.modules, "client", raising=False)
    exec(compile(program, "docs/shipping.md", "exec"), {})
    sys.modules.pop("client")
    assert capsys.readouterr().out.endswith(" 0\n")


def section(name):
    return PAGE.partition(f"### {name}\n")[2].partition("\n##")[0]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, "contract.json") for kind in (doc.Contract, doc.Context, doc.HistoryFilter)),
        *((kind, "contract.json") for kind in (doc.Tensor, doc.File, doc.Catalogue, doc.Tap)),
        (doc.ItemNames, "items.json"),
        *((kind, "golden.json") for kind in (doc.Golden, doc.Case, doc.Tolerance)),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_every_key_is_described(kind, name):
    keys = [key for key in kind.__struct_fields__ if key != "schema"]
    assert [key for key in keys if f"`{key}`" not in section(name)] == []


def test_the_numbers_are_those_of_the_code():
    assert f"{CASES} questions" in PAGE
    for backend, share in LEAST_APART.items():
        assert f"`{backend}`" in section("golden.json")
        assert f"{share:.4f}".rstrip("0") in section("golden.json")
    assert all(f"`{name}`" in PAGE for name in (*doc.CLIENTS, doc.MODEL, doc.CARD, doc.SUMS))
