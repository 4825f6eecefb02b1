"""docs/gating.md is run from its own text, and every key of the gate's files is described."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rbench.cli import main
from rbench.gate import Baseline, Limits, parse_budget
from rbench.gate.baseline import Mark, Past
from rbench.gate.rules import (
    LONGEST,
    CellRule,
    DelegationLimit,
    FileRule,
    LatencyLimit,
    QualityLimit,
    Reference,
    SizeLimit,
)
from rbench.testing.model_file import model_of
from rbench.testing.runs import example_run

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/gating.md").read_text("utf-8")
FORMATS = (ROOT / "docs/file-formats.md").read_text("utf-8")
ACTION = (ROOT / "action.yml").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def gate(command):
    """Run a command of the page; its exit code."""
    words = shlex.split(command, comments=True)
    words = words[: words.index(">")] if ">" in words else words
    assert words[0] == "rbench"
    with pytest.raises(SystemExit) as caught:
        main(words[1:])
    return caught.value.code


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two made-up runs; tests must not change them."""
    folder = tmp_path_factory.mktemp("runs")
    example_run(folder / "mine")
    example_run(folder / "main", seed=2)
    return folder


@pytest.fixture
def place(runs, tmp_path, monkeypatch):
    """A folder in which the page's words mean something."""
    shutil.copytree(runs, tmp_path / "runs")
    (tmp_path / "app/models").mkdir(parents=True)
    (tmp_path / "app/models/mine.tflite").write_bytes(model_of(200_000, os.urandom(1000)))
    (tmp_path / "main.tflite").write_bytes(model_of(200_000, os.urandom(1000)))
    (tmp_path / "new.tflite").write_bytes(model_of(203_000, os.urandom(1000)))
    for text in blocks("toml"):
        name = re.match(r"# (\S+\.toml)\n", text).group(1)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_commands_do_what_the_page_says(place, capsys):
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    assert len(lines) >= 12
    for line in lines:
        command, _, code = line.rpartition("#")
        assert gate(command) == int(code.split(":")[0]), (line, capsys.readouterr())
    snippets = [
        line.strip().removeprefix("- ").removeprefix("run: ")
        for block in blocks("yaml")
        for line in block.splitlines()
        if re.match(r"\s+- (run: )?rbench ", line)
    ]
    assert len(snippets) == 2
    for command in snippets:
        assert gate(command) == 0


def test_the_budgets_are_budgets():
    assert len(blocks("toml")) == 3
    for text in blocks("toml"):
        parse_budget(text)


def test_the_inputs_of_the_action_are_named():
    inputs = re.findall(r"^  ([a-z-]+):$", ACTION.partition("\nruns:")[0], re.MULTILINE)
    assert len(inputs) == 6
    assert [name for name in inputs if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"RUN": "runs/mine", "MAX_SIZE": "300KB"}, 0),
        ({"RUN": "runs/mine", "MAX_SIZE": "100KB"}, 1),
        ({"BUDGET": "model-budget.toml"}, 1),
        ({"BUDGET": "rbench-budget.toml", "RUN": "runs/mine", "AGAINST": "runs/main"}, 0),
        ({"RUN": "--help; exit 0"}, 2),
        ({}, 2),
        ({"BUDGET": "model-budget.toml", "MAX_SIZE": ""}, 2),
        ({"BUDGET": "model-budget.toml", "AGAINST": ""}, 2),
        ({"RUN": "", "MAX_SIZE": "300KB"}, 2),
        ({"RUN": "runs/mine", "MAX_SIZE": "300KB", "BUDGET": ""}, 2),
    ],
)
@pytest.mark.slow
def test_the_action_s_step(place, inputs, code):
    """The very script of action.yml, with the `rbench` of this environment."""
    script = ACTION.rpartition("run: |\n")[2].replace("        ", "")
    shim = place / "bin/rbench"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\nexec {sys.executable} -P -c "from rbench.cli import main; main()" "$@"\n'
    )
    shim.chmod(0o755)
    absent = dict.fromkeys(("BUDGET", "RUN", "MAX_SIZE", "AGAINST"), "none")
    summary = place / "summary.md"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        env={
            **os.environ,
            **absent,
            **inputs,
            "PATH": f"{shim.parent}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(summary),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    if code < 2:
        assert summary.read_text("utf-8").startswith("### rbench gate")
        assert "gate: " in done.stdout
    if code:
        assert done.stdout.startswith("::error title=")
    if code == 2:
        assert len(re.findall("^(?:rbench|Error): ", done.stderr, re.MULTILINE)) == 1


def test_an_input_that_is_not_given_is_none():
    inputs = ACTION.partition("\nruns:")[0]
    script = ACTION.rpartition("run: |\n")[2]
    for name in ("budget", "run", "max-size", "against"):
        assert re.search(rf"^  {name}:\n    description: .*\n    default: none$", inputs, re.M)
        assert f'"${name.replace("-", "_").upper()}" != none' in script


def test_the_action_has_no_way_in_through_its_inputs():
    scripts = re.findall(r"run: \|\n((?:        .*\n)+)", ACTION)
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


BUDGET = {
    Limits: "## A budget",
    CellRule: "| `[[cells]]` | default |",
    FileRule: "| `[[files]]` | default |",
    SizeLimit: "| `size`, `gzip` | default |",
    QualityLimit: "| `quality` | default |",
    LatencyLimit: "| `latency` | default |",
    Reference: "| `latency` | default |",
    DelegationLimit: "| `delegation` | default |",
    Baseline: "## A baseline",
    Mark: "A mark:",
    Past: "A mark:",
}


@pytest.mark.parametrize("kind", BUDGET, ids=lambda kind: kind.__name__)
def test_every_key_is_described(kind):
    """In the section or the table of its own."""
    head = BUDGET[kind]
    text = FORMATS.rpartition(f"\n{head}")[2] if head[0] == "|" else FORMATS.partition(head)[2]
    text = re.split(r"\n\n(?=\||## )" if head[0] == "|" else r"\n## ", text)[0]
    assert [key for key in kind.__struct_fields__ if f"`{key}`" not in text] == []


def test_defaults_are_described():
    assert f"| {float(Limits().false_alarms)} |" in FORMATS
    assert f"| {SizeLimit.__struct_defaults__[-1]} |" in FORMATS
    assert f"2 to {LONGEST}" in FORMATS
