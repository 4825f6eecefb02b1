"""Jobs that check a file: where they run, and how long they may be silent."""

from rbench.profile import ProfileSettings
from rbench.sweeping.executors.child import patience
from rbench.sweeping.executors.remote import BESIDE_OTHERS, TIMING, RemoteSession
from rbench.sweeping.jobs import Bench, CheckJob, RoundJob
from rbench.sweeping.observer import Silent
from rbench.sweeping.store import Store

TARGET = {"target": "aarch64/xnnpack", "bench": Bench(machine="m"), "convert": "c"}
CHECK = CheckJob(settings=ProfileSettings(timeout_seconds=100.0), contexts="x", **TARGET)
ROUND = RoundJob(settings=ProfileSettings(), contexts="x", number=0, **TARGET)


def test_a_check_runs_on_the_machine_whose_tool_was_looked_for_beside_others(tmp_path):
    session = RemoteSession(Store(tmp_path), Silent(), 60.0, [], "here")
    assert session.resources(CHECK)["resources"] == {TIMING + "here": BESIDE_OTHERS}
    assert session.resources(ROUND)["resources"] == {TIMING + "here": 1}
    assert 0 < BESIDE_OTHERS < 0.1


def test_a_check_may_be_silent_as_long_as_its_two_runs_take():
    """On this host and on the emulated machine, each with the study's limit."""
    assert patience(CHECK, 60.0) == 60.0 + 2 * 100.0
