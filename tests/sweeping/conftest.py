"""What tests of the engine share."""

import shutil
from pathlib import Path

import pytest

import rbench


@pytest.fixture
def engine(tmp_path):
    """A copy of the engine to change."""
    copy = tmp_path / "rbench"
    shutil.copytree(
        Path(rbench.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__")
    )
    return copy
