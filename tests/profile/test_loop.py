"""The timed loop: what it counts, and that no query sees another one's state."""

import gc
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from rbench.profile import loop, queries
from rbench.records import Timed


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
def test_both_minimums_or_the_maximum(runs, nanoseconds, maximum, expected, monkeypatch):
    monkeypatch.setattr(loop, "perf_counter_ns", lambda: 0)  # no work between
    query = Stopped(100)
    share = loop.Share(runs=runs, nanoseconds=nanoseconds, max_nanoseconds=maximum)
    samples = loop.timed_runs(query, offset=3, share=share)
    if expected == 1:
        assert len(samples) == 1
    else:
        assert list(samples) == [100] * expected
    assert query.asked == list(range(3, 3 + len(samples)))


def test_the_work_between_is_bounded_too(monkeypatch):
    clock = Clockwork()
    monkeypatch.setattr(loop, "perf_counter_ns", clock.clock)

    def query(number):
        clock.now += 1000
        return 1

    share = loop.Share(runs=10**6, nanoseconds=0, max_nanoseconds=5000)
    assert len(loop.timed_runs(query, offset=0, share=share)) == 10


@pytest.mark.parametrize(("rounds", "contexts"), [(6, 256), (6, 7), (2, 32), (1, 5)])
def test_every_round_begins_elsewhere(rounds, contexts):
    begun = [loop.first_context(number, rounds, contexts) for number in range(rounds)]
    assert begun == [number * contexts // rounds for number in range(rounds)]
    more = [
        loop.first_context(number, rounds, contexts) % contexts
        for number in range(rounds, 2 * rounds)
    ]
    assert more == [(start + 1) % contexts for start in begun]


def test_warm_up_meets_runs_and_time():
    query = Stopped(1)
    assert loop.warm_up(query, offset=1, runs=20, nanoseconds=0) == 20
    assert query.asked == list(range(1, 21))
    assert loop.warm_up(query, offset=1, runs=1, nanoseconds=2_000_000) > 20


def test_a_slow_file_is_warm_after_a_while(monkeypatch):
    clock = Clockwork()
    monkeypatch.setattr(loop, "perf_counter_ns", clock.clock)

    def query(number):
        clock.now += 600_000_000
        return 0

    assert loop.warm_up(query, offset=0, runs=50, nanoseconds=100_000_000) == 4
    assert loop.warm_up(query, offset=0, runs=50, nanoseconds=4_000_000_000) == 7
    assert loop.warm_up(query, offset=0, runs=0, nanoseconds=0) == 0


@pytest.mark.slow
def test_the_collector_is_back_afterwards():
    with loop.without_garbage_collection():
        assert not gc.isenabled()
    assert gc.isenabled()


class Clockwork:
    """An interpreter whose every call takes a known time on a clock of its own."""

    SET, RESET, INVOKE, GET = 100, 10, 5000, 7

    def __init__(self) -> None:
        self.now = 0
        self._interpreter = self

    def clock(self) -> int:
        return self.now

    def get_input_details(self):
        return [
            {"name": name, "index": place, "dtype": np.int32, "shape": np.array([1, 8])}
            for place, name in enumerate(("a", "b"))
        ]

    def get_output_details(self):
        return [{"index": 2}, {"index": 3}, {"index": 4}]

    def set_tensor(self, place, value):
        self.now += self.SET

    def reset_all_variables(self):
        self.now += self.RESET

    def Invoke(self):  # noqa: N802 - the runtime's name
        self.now += self.INVOKE

    def get_tensor(self, place):
        self.now += self.GET


DOCS = (Path(__file__).parents[2] / "docs" / "measuring.md").read_text("utf-8")


def test_what_is_timed_is_what_the_docs_say(monkeypatch):
    """An invoke from asking to the answer; a query with two inputs set and three outputs read."""
    machine = Clockwork()
    monkeypatch.setattr(loop, "perf_counter_ns", machine.clock)
    asked = queries.Queries({name: np.ones((4, 1, 8), np.int32) for name in ("a", "b")})
    wholes: list[int] = []
    query = loop.query_of(machine, asked, wholes.append)
    assert [query(number) for number in range(3)] == [5000] * 3
    assert wholes == [2 * 100 + 10 + 5000 + 3 * 7] * 3
    said = {
        "invoke": "from asking the runtime to run until it has answered | `cpu`, `xnnpack`, "
        "`xnnpack_cached`, all of `benchmark_model`, `browser/wasm`",
        "query": "from setting the input until all outputs have been read | `gpu`, "
        "`browser/webgpu`",
    }
    assert set(said) == set(get_args(Timed))
    for word, sentence in said.items():
        assert f"| `{word}` | {sentence} |" in DOCS


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
