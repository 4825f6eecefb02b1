from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from rbench.records import Record, Run
from rbench.testing.runs import example_run
from rbench_reports.html import Html

STATES = {
    ("gru", "static_wi8_ai8", "xnnpack"): "failed",
    ("lstm", "static_wi8_ai8", "cpu"): "unsupported",
    ("lstm", "static_wi8_ai8", "xnnpack"): "unsupported",
    ("cnn", "float32", "cpu"): "unstable",
    ("bow", "float32", "cpu"): "invalid",
}


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 40 cells in every state."""
    return example_run(tmp_path_factory.mktemp("run"), states=STATES)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of one encoder, two recipes and one target."""
    return example_run(
        tmp_path_factory.mktemp("small"),
        encoders=["gru"],
        recipes=["float32", "dynamic_wi8"],
        targets=["cpu"],
    )


@pytest.fixture(scope="session")
def change() -> Callable[..., Run]:
    """A run with every record passed through a function, and its info's fields replaced."""

    def changed(run: Run, edit: Callable[[Record], Record] = lambda r: r, **info: object) -> Run:
        return Run(
            folder=Path(run.folder),
            info=msgspec.structs.replace(run.info, **info),
            records=tuple(edit(record) for record in run.records),
        )

    return changed


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 40 cells with all that a record can hold: seeds, op times, census, A/A noise."""
    targets = ("cpu", "benchmark_model/gpu")
    states = {(e, r, t.replace("xnnpack", targets[1])): s for (e, r, t), s in STATES.items()}
    return example_run(
        tmp_path_factory.mktemp("rich"),
        recipes=("float32", "dynamic_wi8", "static_wi8_ai8", "prune80+dynamic_wi8"),
        targets=targets,
        states={("cnn", "float32", targets[1]): "simulated", **states},
        replicates=(2, 3),
        noise={"cpu": 0.0123},
    )


@pytest.fixture(scope="session")
def rich_path(rich: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `rich`."""
    found = tmp_path_factory.mktemp("page") / "rich.html"
    found.write_text(Html().render(rich), encoding="utf-8")
    return found
