"""One run whose files answer, and one bundle of it; tests copy what they change."""

import shutil

import pytest

from rbench.features.log_columns import Category, Number
from rbench.ship import ship
from rbench.testing.answering import answering_run


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return answering_run(tmp_path_factory.mktemp("ship") / "run")


COLUMNS = (
    Number(label="rating", low=0.5, high=5.0, bins=10),
    Category(label="event", words=("view", "buy")),
    Number(label="dwell", high=600.0, bins=0),
)


@pytest.fixture(scope="session")
def columned(tmp_path_factory):
    """A bundle whose file takes what three columns of the log say."""
    folder = tmp_path_factory.mktemp("columned")
    run = answering_run(folder / "run", recipes=("float32",), features=COLUMNS)
    return ship(run, folder / "bundle").to


@pytest.fixture
def run(made, tmp_path):
    """A copy that a test may change."""
    from rbench.records.run_folder import read_run

    shutil.copytree(made.folder, tmp_path / "run")
    return read_run(tmp_path / "run")


@pytest.fixture(scope="session")
def shipped(made, tmp_path_factory):
    return ship(made, tmp_path_factory.mktemp("shipped") / "bundle", "bow/dynamic_wi8")


@pytest.fixture
def bundle(shipped, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(shipped.to, tmp_path / "bundle")
