"""Operators' times: what is made of the profiler's events, and the profiler itself."""

from collections import Counter

import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.profile.result import REST
from rbench.profile.tools.litert.ops import summed
from rbench.profile.tools.litert.runtime import INSIDE, OPERATOR, PLAIN, WHOLE, Event

NODES = Counter({"GATHER": 1, "ADD": 2})


def query(whole, gather, *adds, inside=()):
    return [
        Event("LiteRT::Run[Buffer sync]", PLAIN, 7),
        Event(WHOLE, 32, 2**32),
        Event(WHOLE, PLAIN, whole),
        Event("GATHER", OPERATOR, gather),
        *(Event("ADD", OPERATOR, us) for us in adds),
        *(Event("Fully Connected", INSIDE, us) for us in inside),
    ]


def test_means_per_query_and_the_rest():
    events = [*query(10, 1, 2, 3), *query(12, 2, 2, 4)]
    found = summed(events, 2, NODES)
    assert found.us == {"ADD": 5.5, "GATHER": 1.5, REST: 4.0}
    assert (found.runs, found.whole_us, found.reason) == (2, 11.0, "")
    assert sum(found.us.values()) == found.whole_us


def test_a_delegate_s_own_operators_have_its_names():
    found = summed(query(10, 1, 1, 1, inside=(2, 3)), 1, NODES)
    assert found.us == {"ADD": 2.0, "Fully Connected": 5.0, "GATHER": 1.0, REST: 2.0}


def test_a_query_that_lost_its_core_is_left_out():
    quiet = [event for _ in range(4) for event in query(10, 1, 2, 3)]
    found = summed([*quiet, *query(16_000, 1, 2, 15_990)], 5, NODES)
    assert (found.runs, found.whole_us) == (4, 10.0)
    assert found.us["ADD"] == 5.0


@pytest.mark.parametrize(
    ("events", "runs", "says"),
    [
        ([], 1, "saw 0 of 1 queries"),
        (query(10, 1, 2, 3), 2, "saw 1 of 2 queries"),
        (query(10, 1, 2), 1, "saw another graph (ADD)"),
        ([*query(10, 1, 2, 3), Event("MUL", OPERATOR, 1)], 1, "saw another graph (MUL)"),
        (query(10, 1, 2, 33), 1, "operators take 36 of 10 us"),
        (query(10, 0, 0, 0), 1, "operators take 0 of 10 us"),
    ],
)
def test_what_is_no_profile_of_the_graph_gives_no_number(events, runs, says):
    found = summed(events, runs, NODES)
    assert says in found.reason
    assert found.us == {}


@pytest.fixture
def timed_once(model, contexts, quick, tmp_path):
    def timed(name, target, number=0):
        parsed = Target.parse(target)
        return profile.measure(quick, model(name), parsed, contexts, number, tmp_path)

    return timed


@pytest.mark.slow
def test_the_profiler_of_the_wheel(timed_once):
    """Each operator of the graph, as often as it stands there, or the reason why not."""
    ops = timed_once("recommender", "cpu").ops
    assert ops.reason == ""
    assert {"TOPK_V2", "GATHER", REST} <= set(ops.us)
    assert 0 < sum(us for op, us in ops.us.items() if op != REST) <= ops.whole_us


def test_only_the_first_round_profiles(timed_once):
    assert timed_once("recommender", "cpu", number=1).ops is None


@pytest.mark.slow
def test_a_file_that_the_other_entry_refuses_is_timed_all_the_same(timed_once):
    made = timed_once("stateful", "cpu")
    assert made.median_us > 0
    assert made.ops.reason
    assert made.ops_us == {}
