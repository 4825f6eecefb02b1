"""Which cell is chosen; that the report says the same is in tests/ship/test_cell.py."""

import msgspec
import pytest

from rbench.choose import NoneKeeps, bench_of, cheapest, kept, limits_of, recommended, usable
from rbench.choose.numbers import LIMITS, NDCG, P50, SIZE
from rbench.choose.paired import difference
from rbench.study import Limits
from rbench.testing.runs import example_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return example_run(tmp_path_factory.mktemp("choose") / "run", users=60, samples=20)


def test_limits_are_the_study_s():
    assert set(LIMITS) == set(Limits.__struct_fields__)


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (None, {}),
        ({}, {}),
        ({"limits": []}, {}),
        ({"limits": {"size_bytes": 5, "median_us": None, "other": 3}}, {"size_bytes": 5.0}),
        ({"limits": {"size_bytes": 0, "median_us": float("nan")}}, {}),
    ],
)
def test_limits_of_settings(table, found):
    assert limits_of(table or {}) == found


def test_limits_narrow_the_choice(run):
    free = recommended(run, {})
    size = usable(free, SIZE)
    small = recommended(run, {"size_bytes": size - 1})
    assert usable(small, SIZE) < size
    assert kept(small, {"size_bytes": size - 1})
    assert not kept(free, {"size_bytes": size - 1})
    with pytest.raises(NoneKeeps, match="size_bytes at most 1; the nearest is bow/"):
        recommended(run, {"size_bytes": 1})


def test_nothing_but_failures(run):
    records = tuple(msgspec.structs.replace(one, state="failed") for one in run.records)
    assert recommended(msgspec.structs.replace(run, records=records)) is None


def test_what_is_not_told_apart_is_chosen_by_cost(run):
    found = cheapest(run, run.records)
    best = run.records[found.best]
    assert usable(best, NDCG) == max(usable(one, NDCG) for one in run.records)
    assert found.best in found.alike
    costs = {at: usable(run.records[at], SIZE) * usable(run.records[at], P50) for at in found.alike}
    assert found.pick == min(costs, key=costs.get)
    assert all(bench_of(run.records[at]) == bench_of(best) for at in found.alike)


@pytest.mark.parametrize(
    ("change", "counts"),
    [({"verdict": "invalid"}, False), ({"verdict": "unstable"}, True), ({}, True)],
)
def test_a_timing_that_cannot_be_trusted(run, change, counts):
    record = run.records[0]
    timing = msgspec.structs.replace(record.timing, **change)
    record = msgspec.structs.replace(record, timing=timing)
    assert (usable(record, P50) is not None) is counts
    assert usable(record, NDCG) is not None


def test_a_loss_that_everybody_shows():
    import numpy as np

    before = np.linspace(0.2, 0.8, 200)
    found = difference(before, 0.5 * before)
    assert found.share == pytest.approx(-0.5)
    assert found.is_loss
    assert not difference(before, before).is_loss
    assert difference(before, before[1:]) is None
