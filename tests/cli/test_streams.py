"""Streams that are closed, full or of another encoding: no traceback, and the right exit code."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rbench.cli import main
from rbench.cli.streams import Sink, Stream, safe_streams

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


def shell(line, *, env=None):
    """Run a line of sh in which rbench is ``$RBENCH``."""
    known = {**os.environ, "RBENCH": f"{sys.executable} -P -m rbench", **(env or {})}
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, env=known, timeout=600, check=False
    )


def leave(*arguments):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    return left.value.code


class Pipe(io.RawIOBase):
    """Takes some bytes, then fails."""

    def __init__(self, room, error):
        self.room, self.error, self.kept = room, error, b""

    def writable(self):
        return True

    def write(self, content):
        if not self.room:
            raise self.error
        taken = bytes(content[: self.room])
        self.room -= len(taken)
        self.kept += taken
        return len(taken)


def test_what_comes_in_pieces_is_whole():
    class Slow(Pipe):
        def write(self, content):
            self.turn = not getattr(self, "turn", False)
            return None if self.turn else super().write(content[:3])

    pipe = Slow(100, OSError())
    assert Sink(pipe).write(b"all of it") == 9
    assert pipe.kept == b"all of it"


def test_a_reader_that_left_is_no_fault():
    sink = Sink(Pipe(5, BrokenPipeError(32, "Broken pipe")))
    assert sink.write(b"much more") == 9
    assert sink.write(b"and more") == 8
    assert sink.fault is None


def test_a_full_disk_is_remembered():
    sink = Sink(Pipe(0, OSError(28, "No space left on device")))
    sink.write(b"x")
    assert sink.fault.errno == 28


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;t\x07b\n", "a\\x1b]0;t\\x07b\n"),
        ("a\r\u202e\x9bb\n", "a\\r\\u202e\\x9bb\n"),
        ("\x1b[1;31mFAIL\x1b[0m x\n", "\x1b[1;31mFAIL\x1b[0m x\n"),
        ("a\n  ::error::x\n", "a\n  : :error::x\n"),
        ("\x1b[31m::error::x\n", "\x1b[31m: :error::x\n"),
        ("✔ µ\n", "\\u2714 µ\n"),
    ],
)
def test_what_reaches_a_stream_is_calm(text, shown):
    raw = io.BytesIO()
    stream = Stream(Sink(raw), "latin-1")
    assert stream.write(text) == len(text)
    stream.flush()
    assert raw.getvalue().decode("latin-1") == shown


def test_the_streams_come_back(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    before = sys.stdout
    with safe_streams():
        print("to nobody", file=sys.stderr)
        assert sys.stdout is not before
    assert (sys.stdout, sys.stderr) == (before, None)


def test_an_error_says_hostile_words_calmly(capsys):
    assert leave("report", "a\x1b]0;x\x07\n::error::b") == 2
    said = capsys.readouterr().err
    assert said.startswith(r"rbench: a\x1b]0;x\x07 ::error::b: no records.jsonl here")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [("a\x1b]0;x\x07\n::error::b",), ("list", "\n::error::b"), ("report", "r", "\n::error::b\x1b")],
)
def test_clicks_own_errors_are_calm_too(capsys, arguments):
    assert leave(*arguments) == 2
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert not any(line.lstrip().startswith("::") for line in said.splitlines())


@pytest.mark.slow
@FULL
def test_a_full_disk_is_told_after_the_work():
    for command in ("list targets", "--help", "list targets --json"):
        done = shell(f"$RBENCH {command} >/dev/full")
        assert done.returncode == 2, command
        assert done.stderr == b"rbench: standard output: cannot write: No space left on device\n"


@pytest.mark.slow
@FULL
def test_a_full_standard_error_costs_no_exit_code():
    assert shell("$RBENCH list targets 2>/dev/full").returncode == 0
    assert shell("$RBENCH report nowhere 2>/dev/full").returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("$RBENCH list targets >&-", 0),
        ("$RBENCH list targets <&- 2>&-", 0),
        ("$RBENCH report nowhere >&- 2>&- <&-", 2),
        ("code=$( { { $RBENCH list recipes; echo $? >&3; } | true; } 3>&1 ); exit $code", 0),
    ],
)
def test_closed_streams_cost_no_exit_code(line, code):
    done = shell(line)
    assert done.returncode == code
    assert b"Traceback" not in done.stdout + done.stderr


def test_a_file_never_gets_the_number_of_a_closed_stream(tmp_path):
    program = (
        "from rbench.cli.streams import safe_streams\n"
        "with safe_streams():\n"
        f"    print(open({str(tmp_path / 'x')!r}, 'w').fileno(), file=open('number', 'w'))\n"
    )
    done = subprocess.run(
        ["sh", "-c", f'exec {sys.executable} -P -c "$0" >&- 2>&- <&-', program],
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0
    assert int((tmp_path / "number").read_text()) > 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "dumb"},
        {"COLUMNS": "1"},
        {"NO_COLOR": "1", "FORCE_COLOR": "1"},
    ],
    ids=" ".join,
)
def test_any_console_will_do(env):
    done = shell("$RBENCH list recipes && $RBENCH --help", env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


@pytest.mark.parametrize("words", [("inspect",), ("profile",), ("profile", "x.tflite", "--out")])
def test_a_path_that_no_record_can_hold_is_refused(words, capsys):
    pytest.importorskip("ai_edge_litert")
    assert leave(*words, os.fsdecode(b"caf\xff.tflite")) == 2
    said = capsys.readouterr().err
    assert said.startswith("rbench: caf\\xff.tflite: the path holds bytes that are not UTF-8")
