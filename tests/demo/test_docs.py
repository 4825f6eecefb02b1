"""The commands of docs/demo.md do what stands behind them."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rbench.cli.demo import command
from rbench.records.run_folder import read_items
from rbench.testing.answering import answering_run

PAGE = Path(__file__).parents[2] / "docs" / "demo.md"
LINES = re.findall(r"^(rbench demo [^#]+)# (\d)", PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("docs")
    run = answering_run(place / "runs" / "mine", encoders=("gru",))
    ids = read_items(run.folder).items
    (place / "movies.csv").write_text(f"movieId,title\n{ids[1]},Heat\n")
    return place


@pytest.mark.parametrize(("line", "code"), LINES, ids=[line.strip() for line, _ in LINES])
def test_it_ends_as_the_page_says(folder, runtime, monkeypatch, line, code):
    monkeypatch.chdir(folder)
    words = shlex.split(line)[2:]
    done = CliRunner().invoke(command, words, standalone_mode=False)
    assert (0 if done.exception is None else 2) == int(code), done.exception
    assert (folder / words[words.index("-o") + 1]).exists() == (code == "0")


def test_there_are_such_lines():
    assert {code for _, code in LINES} == {"0", "2"}
