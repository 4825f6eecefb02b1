"""Files timed as two cells: what they show of the machine, and what that means for the others."""

import msgspec
import pytest

from rbench.cells.target import Target
from rbench.profile import Contention, Round, doubted, seen
from rbench.profile.result import Surroundings
from rbench.records import CellName, Delegation, Timing

CELL = CellName(encoder="cnn", recipe="float32", target="cpu")


def round_(number, us, others=0.0, stolen=0.0):
    return Round(
        number=number,
        runs=10,
        warmup_runs=1,
        median_us=us,
        load_us=1.0,
        first_us=1.0,
        peak_memory_bytes=1,
        memory_source="test",
        delegation=Delegation(delegate="cpu", nodes_total=1, nodes_delegated=0, partitions=0),
        subgraphs=1,
        contexts=1,
        offset=0,
        runtime="test",
        surroundings=Surroundings(cores=2, others_cores=others, stolen_share=stolen),
    )


def rounds(*medians):
    return [round_(number, us) for number, us in enumerate(medians)]


def timing(**changes):
    numbers = dict.fromkeys(("median_us", "mean_us", "std_us", "min_us"), 1.0)
    known = {"verdict": "stable", "rounds": 2, "runs": 10, "details": {"timed": "x"}, **numbers}
    return Timing(**(known | changes))


def test_the_difference_of_a_file_from_itself():
    found = seen([(CELL, rounds(10.0, 40.0), rounds(20.0, 20.0 * 1.01**2))])
    assert found.difference == pytest.approx(0.01)
    assert found.cell == "cnn x float32 x cpu"
    assert found.round_medians_us == ((10.0, 40.0), (20.0, 20.0 * 1.01**2))
    swapped = seen([(CELL, rounds(20.0, 20.0 * 1.01**2), rounds(10.0, 40.0))])
    assert swapped.difference == pytest.approx(found.difference)


def test_of_several_files_the_worst():
    other = msgspec.structs.replace(CELL, encoder="gru")
    found = seen(
        [(CELL, rounds(10.0, 10.0), rounds(10.1, 10.1)), (other, rounds(5.0), rounds(5.2))]
    )
    assert (found.cell, found.files) == (str(other), 2)
    assert found.difference == pytest.approx(0.04)


@pytest.mark.parametrize("again", [[], rounds(0.0)])
def test_without_rounds_nothing_is_seen(again):
    assert seen([(CELL, rounds(1.0), again)]) is None
    assert seen([]) is None


def test_a_quiet_machine_leaves_a_verdict_and_tells_its_noise():
    noise = seen([(CELL, rounds(10.0, 10.0), rounds(10.1, 10.1))])
    found = doubted(timing(), noise)
    assert (found.verdict, found.reasons) == ("stable", ())
    assert found.details["timed"] == "x"
    assert found.details["noise"]["difference"] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("verdict", "becomes"),
    [("stable", "unstable"), ("unstable", "unstable"), ("invalid", "invalid")],
)
def test_a_file_unlike_itself_makes_every_timing_doubtful(verdict, becomes):
    noise = seen([(CELL, rounds(10.0, 10.0), rounds(10.8, 10.8))])
    found = doubted(timing(verdict=verdict, reasons=("first",)), noise)
    assert found.verdict == becomes
    assert found.reasons == (
        "first",
        "noisy machine: cnn x float32 x cpu timed as two cells of this run took 10 and 10.8 us, "
        "8 % apart (at most 5%)",
    )


def test_a_crowd_is_said_once_and_so_is_its_end():
    said = []
    contention = Contention()
    for others in (0.0, 1.9, 1.9, 0.0, 0.0):
        contention.after(Target.parse("cpu"), round_(0, 1.0, others), said.append)
    assert said == [
        "cpu: busy machine: in round 0 other processes used 1.90 of 2 cores, the query 1",
        "the machine is quiet again",
    ]


def test_a_hypervisor_that_takes_time_is_said():
    said = []
    Contention().after(Target.parse("cpu"), round_(1, 1.0, stolen=0.25), said.append)
    assert said == ["cpu: the hypervisor withheld 25.0% of the machine in round 1"]


def test_a_busy_machine_is_said_before_timing(monkeypatch):
    seen_cores = iter((0.0, 0.1, 1.2))

    class Watch:
        def stop(self):
            return Surroundings(cores=2, others_cores=next(seen_cores), load_average=3.5)

    monkeypatch.setattr("rbench.profile.contention.Watch", Watch)
    monkeypatch.setattr("rbench.profile.contention.LOOK_S", 0.0)
    said = []
    for _ in range(3):
        Contention().look(said.append)
    assert said == [
        "busy machine: before timing, other processes use 1.2 of 2 cores (load average 3.5); "
        "cells may end as unstable"
    ]
