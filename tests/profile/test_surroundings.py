"""Memory, stopwatch and neighbours: sane where the system tells, silent where it does not."""

import mmap
import sys
import time
from pathlib import Path

import pytest

from rbench.profile import memory, stopwatch, surroundings

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux
def test_a_reset_peak_sees_new_memory_only():
    fill(64).close()
    peak = memory.PeakMemory()
    if "not reset" in peak.source:
        pytest.skip("this system does not let a process reset its peak")
    assert peak.growth_bytes() < 16 << 20
    held = fill(32)
    assert (30 << 20) < peak.growth_bytes() < (48 << 20)
    held.close()


def fill(mebibytes: int) -> mmap.mmap:
    """Memory of one's own, every page of it touched."""
    held = mmap.mmap(-1, mebibytes << 20)
    for _ in range(mebibytes):
        held.write(b"x" * (1 << 20))
    return held


def test_memory_without_proc(monkeypatch):
    monkeypatch.setattr(memory, "_STATUS", Path("/nowhere"))
    peak = memory.PeakMemory()
    assert peak.source == "ru_maxrss"
    assert peak.growth_bytes() >= 0


def test_neighbours_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.setattr(surroundings, "_STAT", Path("/nowhere"))
    found = surroundings.Watch().stop()
    assert found.others_cores is None
    assert found.stolen_share is None
    assert found.cores >= 1


@pytest.mark.parametrize("text", ["", "cpu\n", "cpu a b c d e f g h\n", "cpu 0 0 0 0 0 0 0 0 0\n"])
def test_odd_stat_files(monkeypatch, tmp_path, text):
    path = tmp_path / "stat"
    path.write_text(text)
    monkeypatch.setattr(surroundings, "_STAT", path)
    assert surroundings.Watch().stop().others_cores is None


def test_neighbours_are_what_is_busy_and_not_us(monkeypatch, tmp_path):
    path = tmp_path / "stat"
    monkeypatch.setattr(surroundings, "_STAT", path)
    monkeypatch.setattr(surroundings.os, "sysconf", lambda name: 100)
    monkeypatch.setattr(surroundings.os, "cpu_count", lambda: 4)
    clock = iter([10.0, 12.0])
    monkeypatch.setattr(surroundings.time, "monotonic", lambda: next(clock))
    own = iter([1.0, 2.5])
    monkeypatch.setattr(surroundings.time, "process_time", lambda: next(own))
    path.write_text("cpu 1000 0 100 5000 0 0 0 0 0 0\n")
    watch = surroundings.Watch()
    path.write_text("cpu 1200 0 150 5130 0 0 0 20 0 0\n")
    found = watch.stop()
    assert found.others_cores == pytest.approx((2.5 - 1.5 - 0.04) / 2.0)
    assert found.stolen_share == pytest.approx((0.2 - 0.04) / 4)


def test_the_stopwatch_sees_a_slow_call():
    found = stopwatch.calibrate(lambda: time.sleep(0))
    assert found.tick_ns >= 1
    assert found.call_overhead_ns >= found.clock_overhead_ns >= 0
