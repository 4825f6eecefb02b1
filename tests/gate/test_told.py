"""Whether two cells of a run differ in time."""

import msgspec
import pytest

from rbench.gate import resolution, tell
from rbench.gate.latency import floor_on
from rbench.records import Run
from rbench.testing.runs import example_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("told")
    grid = {"encoders": ("bow", "cnn", "gru"), "recipes": ("float32",), "targets": ("cpu",)}
    return example_run(place, users=20, **grid)


def with_medians(run, noise=None, **medians):
    """The run with other round medians, encoder by encoder, and all timings stable."""
    records = []
    for record in run.records:
        rounds = medians[record.cell.encoder]
        timing = msgspec.structs.replace(
            record.timing, verdict="stable", reasons=(), round_medians_us=rounds
        )
        records.append(msgspec.structs.replace(record, timing=timing))
    details = {"noise": noise} if noise is not None else {}
    info = msgspec.structs.replace(run.info, details=details)
    made = Run(folder=run.folder, info=info, records=tuple(records))
    return made, {record.cell.encoder: record for record in records}


MEDIANS = {"bow": (10.0, 12.0, 9.0), "cnn": (10.01, 12.0, 9.01), "gru": (10.31, 12.35, 9.27)}
"""Rounds that differ by a third, for all alike; gru is 3 % slower."""


def test_rounds_are_compared_one_by_one(run):
    made, cells = with_medians(run, **MEDIANS)
    told = tell(cells["gru"], cells["bow"], made)
    assert told.answer == "different"
    assert told.ratio.value == pytest.approx(1.03, abs=0.001)
    assert told.ratio.low > 1.02
    assert str(told).startswith("different: 1.030 times, from 1.02")
    assert tell(cells["bow"], cells["gru"], made).ratio.value == pytest.approx(1 / 1.03, abs=1e-3)
    same = tell(cells["cnn"], cells["bow"], made)
    assert same.answer == "not told apart"
    assert same.ratio.low < 1 < same.ratio.high


def test_a_file_s_distance_from_itself_is_the_floor(run):
    made, cells = with_medians(run, {"cpu": {"difference": 0.04}}, **MEDIANS)
    told = tell(cells["gru"], cells["bow"], made)
    assert told.answer == "not told apart"
    assert told.floor == pytest.approx(0.04)
    assert told.ratio.minimum_detectable > 1.04
    quiet, cells = with_medians(run, {"cpu": {"difference": 0.001}}, **MEDIANS)
    assert tell(cells["gru"], cells["bow"], quiet).answer == "different"


@pytest.mark.parametrize(
    "noise",
    [{}, [], "x", {"cpu": 3}, {"cpu": {"difference": "x"}}, {"cpu": {"difference": -1.0}}],
)
def test_noise_that_is_none(run, noise):
    made, _ = with_medians(run, noise, **MEDIANS)
    assert floor_on(made, "cpu") == 0.0


def test_what_is_not_comparable(run):
    made, cells = with_medians(run, **MEDIANS)
    first, second = cells["bow"], cells["gru"]
    replace = msgspec.structs.replace
    untimed = replace(second, timing=None)
    other = replace(second, cell=replace(second.cell, target="xnnpack"))
    shaky = replace(second, timing=replace(second.timing, verdict="unstable", reasons=("wide",)))
    torn = replace(second, timing=replace(second.timing, reasons=("wide",)))
    away = replace(second, machine=replace(second.machine, cpu="another"))
    newer = replace(second, versions={**second.versions, "ai-edge-litert": "9"})
    for odd, says in (
        (untimed, "not timed"),
        (other, "unlike targets"),
        (shaky, "unstable: wide"),
        (torn, "called stable, and says: wide"),
        (away, "another machine"),
        (newer, "another version of ai-edge-litert"),
    ):
        told = tell(first, odd, made)
        assert told.answer == "not comparable"
        assert says in told.reason
        assert str(told) == f"not comparable: {told.reason}"


def test_what_two_cells_of_a_run_must_differ_by(run):
    made, cells = with_medians(run, **MEDIANS)
    seen = resolution(made, "cpu")
    assert 0 < seen < 0.03
    assert seen == pytest.approx(
        tell(cells["cnn"], cells["bow"], made).ratio.minimum_detectable - 1, rel=0.5
    )
    floored, _ = with_medians(run, {"cpu": {"difference": 0.04}}, **MEDIANS)
    assert 0.04 < resolution(floored, "cpu") < 0.05
    assert resolution(made, "xnnpack") is None
