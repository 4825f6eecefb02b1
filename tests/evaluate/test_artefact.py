"""The ranks' file: same ranks, same bytes."""

from __future__ import annotations

import hashlib
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from rbench.errors import OutputError
from rbench.evaluate.artefact import write_ranks


def test_same_ranks_same_bytes_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ranks = np.array([3, 0, 1], np.int64)
    first = write_ranks(tmp_path / "a.npz", ranks)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert write_ranks(tmp_path / "b.npz", ranks.astype(np.int32)) == first
    content = (tmp_path / "a.npz").read_bytes()
    assert content == (tmp_path / "b.npz").read_bytes()
    assert hashlib.sha256(content).hexdigest() == first
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert [member.date_time[0] for member in archive.infolist()] == [1980]
    kept = np.load(tmp_path / "a.npz")["ranks"]
    assert kept.dtype == np.int32
    assert kept.tolist() == [3, 0, 1]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_ranks(tmp_path / "file" / "a.npz", np.array([1], np.int32))
