"""The timed loop: what it counts, and that no query sees another one's state."""

import gc

import numpy as np
import pytest

from rbench.profile import loop


class Stopped:
    """Queries of a fixed length that remember what was asked."""

    def __init__(self, nanoseconds: int) -> None:
        self.nanoseconds = nanoseconds
        self.asked: list[int] = []

    def __call__(self, number: int) -> int:
        self.asked.append(number)
        return self.nanoseconds


@pytest.mark.parametrize(
    ("runs", "nanoseconds", "maximum", "expected"),
    [
        (10, 0, 10**9, 10),
        (10, 5000, 10**9, 50),
        (1000, 0, 700, 7),
        (0, 0, 10**9, 1),
        (10, 10, 0, 1),
    ],
)
def test_both_minimums_or_the_maximum(runs, nanoseconds, maximum, expected):
    query = Stopped(100)
    share = loop.Share(runs=runs, nanoseconds=nanoseconds, max_nanoseconds=maximum)
    samples = loop.timed_runs(query, offset=3, share=share)
    if expected == 1:
        assert len(samples) == 1
    else:
        assert list(samples) == [100] * expected
    assert query.asked == list(range(3, 3 + len(samples)))


def test_warm_up_meets_runs_and_time():
    query = Stopped(1)
    assert loop.warm_up(query, offset=1, runs=20, nanoseconds=0) == 20
    assert query.asked == list(range(1, 21))
    assert loop.warm_up(query, offset=1, runs=1, nanoseconds=2_000_000) > 20


def test_the_collector_is_back_afterwards():
    with loop.without_garbage_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_every_query_begins_from_nothing(model):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(str(model("stateful")))
    interpreter.allocate_tensors()
    contexts = np.array([[1, 2, 3, 4, 5, 6, 7, 8], [9, 9, 9, 9, 9, 9, 9, 9]], np.int32)
    query = loop.query_of(interpreter, contexts)
    scores = next(
        output["index"]
        for output in interpreter.get_output_details()
        if output["dtype"] is np.float32
    )
    seen = []
    for number in (0, 0, 1, 2):
        assert query(number) > 0
        seen.append(interpreter.get_tensor(scores).copy())
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])
    np.testing.assert_array_equal(seen[0], seen[3])

    interpreter._interpreter.Invoke()
    assert not np.array_equal(interpreter.get_tensor(scores), seen[0]), "the model has no state"
