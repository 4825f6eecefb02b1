"""Ranges that training learnt, as an artefact keeps them."""

from pathlib import Path

import numpy as np
import pytest

from rbench.compress.learnt import load_ranges
from rbench.compress.result import RANGES
from rbench.errors import StageError


def test_there_are_none_where_there_is_no_file(tmp_path: Path) -> None:
    assert load_ranges(tmp_path) == {}


@pytest.mark.parametrize("kept", [0, 1, 40, -1, -30])
def test_torn_ranges_are_an_error_with_a_remedy(tmp_path: Path, kept: int) -> None:
    np.savez(tmp_path / RANGES, norm=np.array([-1, 2], np.float32))
    assert load_ranges(tmp_path)["norm"].tolist() == [-1, 2]
    whole = (tmp_path / RANGES).read_bytes()
    (tmp_path / RANGES).write_bytes(whole[:kept])
    with pytest.raises(StageError, match="the ranges cannot be read") as raised:
        load_ranges(tmp_path)
    assert "it will be made again" in raised.value.remedy
