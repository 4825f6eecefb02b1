"""What is printed during a conversion, by whomever, goes to the log and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from rbench.convert.noise import captured

LOUD = """
import os, subprocess, sys
from pathlib import Path
from rbench.convert.noise import captured
print("before")
with captured(Path(sys.argv[1])):
    print("python, out")
    print("python, err", file=sys.stderr)
    os.write(1, b"C, out\\n")
    os.write(2, b"C, err\\n")
    subprocess.run(["echo", "a child"])
print("after")
"""


@pytest.mark.slow
def test_both_streams_go_to_the_log_at_every_level(tmp_path) -> None:
    """In a process of its own: pytest's capture takes Python's streams off the descriptors."""
    done = subprocess.run(
        [sys.executable, "-c", LOUD, str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["before", "after"]
    assert done.stderr == ""
    said = (tmp_path / "log").read_text().splitlines()
    assert sorted(said) == ["C, err", "C, out", "a child", "python, err", "python, out"]


def test_afterwards_everything_is_as_before(tmp_path, capfd) -> None:
    with captured(tmp_path / "log"):
        os.write(2, b"inside")
    os.write(1, b"out")
    os.write(2, b"err")
    assert capfd.readouterr() == ("out", "err")
    assert (tmp_path / "log").read_text() == "inside"


def test_an_exception_passes_and_the_streams_come_back(tmp_path, capfd) -> None:
    def fail() -> None:
        with captured(tmp_path / "log"):
            os.write(2, b"last words")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
    assert (tmp_path / "log").read_text() == "last words"


def test_a_log_replaces_an_older_one(tmp_path) -> None:
    (tmp_path / "log").write_text("from a try before, and longer")
    with captured(tmp_path / "log"):
        os.write(1, b"new")
    assert (tmp_path / "log").read_text() == "new"


def test_no_descriptor_is_left_open(tmp_path) -> None:
    def lowest() -> int:
        number = os.dup(0)
        os.close(number)
        return number

    before = lowest()
    for _ in range(3):
        with captured(tmp_path / "log"):
            pass
        with pytest.raises(FileNotFoundError), captured(tmp_path / "nowhere" / "log"):
            pass
    assert lowest() == before
