"""The command line's frame: light, one catch, one exit."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rbench import cli
from rbench.cli import COMMANDS, main
from rbench.testing.model_file import model_of

NEVER = ("tensorflow", "tf_keras", "ai_edge_litert", "pandas", "plotly", "scipy")


def test_help_lists_every_command(rbench):
    done = rbench("--help", without=NEVER, check=0)
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(rbench, name):
    done = rbench(name, "--help", check=0)
    assert f"rbench {name}" in done.stdout.split("\n", 1)[1], "an example belongs into the help"


@pytest.mark.slow
def test_every_command_has_its_help_without_tensorflow():
    """In one process, where none can lean on another having imported it."""
    program = (
        "import sys\n"
        "sys.modules |= dict.fromkeys(('tensorflow', 'tf_keras', 'ai_edge_litert'))\n"
        "from rbench.cli import COMMANDS, rbench\n"
        "for name in COMMANDS:\n"
        "    rbench.main([name, '--help'], 'rbench', standalone_mode=False)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage: rbench ") == len(COMMANDS)


def commands(command, *names):
    """Every command and every one below it, by the words that call it."""
    yield names, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), *names, name)


@pytest.mark.parametrize("names", [names for names, _ in commands(cli.rbench)], ids=" ".join)
def test_help_is_text_alone(names):
    """click's mark for lines that stay lines, a backspace, is one only after an empty line."""
    text = CliRunner().invoke(cli.rbench, [*names, "--help"]).output
    assert text.startswith("Usage: rbench ")
    assert [letter for letter in text if not letter.isprintable() and letter != "\n"] == []


def test_version(rbench):
    assert rbench("--version", check=0).stdout.startswith("rbench, version 0.")


def test_an_unknown_command_is_wrong_usage(rbench):
    done = rbench("sweeep", check=2)
    assert "No such command 'sweeep'" in done.stderr


def test_no_command_shows_the_help(rbench):
    done = rbench(check=2)
    assert "Commands:" in done.stdout + done.stderr


def test_an_interrupt_leaves_with_130(monkeypatch, capsys):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rbench.cli.rbench.main", interrupted)
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 130
    assert "goes on where it stopped" in capsys.readouterr().err


def test_a_folder_that_was_removed_below_the_command(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    (tmp_path / "model.tflite").write_bytes(model_of(100))
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for name, code in (("model.tflite", 2), (str(tmp_path / "model.tflite"), 0)):
        with pytest.raises(SystemExit) as left:
            main(["gate", "--model", name, "--max-size", "1KB"])
        assert left.value.code == code
    monkeypatch.setattr("rbench.cli.rbench.main", lambda **_: Path.cwd())
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2
    assert "the current folder is no longer there" in capsys.readouterr().err


def test_a_command_that_is_told_to_end_puts_its_things_away(monkeypatch, capsys):
    ended = []

    def told(**_):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        finally:
            ended.append("its temporary files")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("rbench.cli.rbench.main", told)
    try:
        with pytest.raises(SystemExit) as left:
            main([])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert left.value.code == 130
    assert ended


def test_help_imports_little():
    """So it starts in a fraction of a second; its figure is in benchmarks/."""
    program = (
        "import atexit, sys\n"
        "bare = len(sys.modules)\n"
        "atexit.register(lambda: print(len(sys.modules) - bare, file=sys.stderr))\n"
        "from rbench.cli import main\n"
        "main(['--help'])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert "Usage: rbench" in done.stdout
    assert 20 < int(done.stderr) < 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("list", "studies"),
        ("list", "encoders"),
        ("gate", "run", "--max-size", "10MB"),
        ("report", "run"),
    ],
    ids=" ".join,
)
def test_what_reads_records_works_without_tensorflow(rbench, forty_cells, tmp_path, arguments):
    shutil.copytree(forty_cells, tmp_path / "run")
    without = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "ai_edge_litert")
    done = rbench(*arguments, without=(*without, "ai_edge_quantizer", "pandas"), check=0)
    assert done.stdout


@pytest.mark.parametrize("module", ["rbench", "rbench.cli"])
def test_as_a_module_it_is_the_same_program(module):
    def run(*arguments):
        words = [sys.executable, "-P", "-m", module, *arguments]
        return subprocess.run(words, capture_output=True, text=True, check=False)

    assert run("--version").stdout.startswith("rbench, version 0.")
    done = run("list")
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: rbench list ")
