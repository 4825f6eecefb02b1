"""Paths of any bytes lead to their files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rbench.cli.reachable import is_utf8, reachable

ODD = os.fsdecode(b"caf\xe9 'x' $HOME\n.tflite")


def test_a_path_that_can_be_written_stays(tmp_path) -> None:
    with reachable(tmp_path / "é.tflite") as told:
        assert told == tmp_path / "é.tflite"


def test_another_is_reached_by_one_that_can(tmp_path, monkeypatch) -> None:
    try:
        (tmp_path / ODD).write_bytes(b"here")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    monkeypatch.chdir(tmp_path)
    with reachable(Path(ODD)) as told:
        assert is_utf8(told)
        assert told.read_bytes() == b"here"
    assert not told.exists()
    assert (tmp_path / ODD).exists()
