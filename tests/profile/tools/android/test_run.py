"""One round on a phone: what it tells, every way in which it can go wrong, and nothing left."""

import os
import time
from pathlib import Path

import msgspec
import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import Away, Killed, StageError, Unsupported
from rbench.profile.tools.android import adb, run
from rbench.profile.tools.android import phone as seat
from rbench.profile.tools.android.condition import Course
from rbench.profile.tools.benchmark_model import tool

pytestmark = pytest.mark.slow

CPU = Target.parse("PHONE1/benchmark_model/cpu")
XNNPACK = Target.parse("PHONE1/benchmark_model/xnnpack")


@pytest.fixture
def measure(model, contexts, quick, tmp_path, phone, monkeypatch):
    def go(target=CPU, fault="", tool_fault="", number=0, **changes):
        monkeypatch.setenv("ADB_FAULT", fault)
        monkeypatch.setenv("STAND_IN_FAULT", tool_fault)
        settings = msgspec.structs.replace(quick, **changes)
        return profile.measure(settings, model("recommender"), target, contexts, number, tmp_path)

    return go


def course(made):
    return msgspec.convert(made.state, Course)


def test_a_round_on_a_phone(measure, phone):
    made = measure()
    assert (made.runs, made.warmup_runs, made.median_us) == (7000, 3447, 140)
    assert made.tool == tool.present(phones=True)
    assert made.delegation.nodes_total == 5
    assert made.ops_us["TOPK_V2"] == 24
    assert made.surroundings.cores == 8
    machine, device = made.machine, course(made)
    assert machine is not None
    assert (machine.name, machine.cpu, machine.cores) == (
        "Google Pixel 7 PHONE1",
        "Google GS201",
        8,
    )
    assert machine.system == "Android 14 arm64-v8a UQ1A"
    assert machine.memory_bytes > 1 << 20
    assert machine.details["governor"] == "sched_pixel"
    assert (device.before.battery_percent, device.before.battery_celsius) == (87, 28.5)
    assert device.before.zones_celsius == {"cpu": 41.5, "skin": 33.0}
    assert (device.before.throttling, device.before.saving, device.before.charging) == (
        0,
        False,
        True,
    )
    assert (device.waited_s, device.cores) == (0.0, "")
    assert phone.left == []
    assert msgspec.json.decode(msgspec.json.encode(made), type=profile.Round) == made


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["rel.tflite", "with space.tflite", "quo'te\".tflite", "-leading", "a,b:c;d", "$(id)"]
)
def test_a_path_from_where_one_stands_with_any_name(
    model, contexts, quick, tmp_path, phone, monkeypatch, name
):
    """adb works in another folder; the phone's shell never sees the name."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    model("recommender").rename(folder / name)
    made = profile.measure(quick, Path(name), CPU, contexts, 0, tmp_path)
    assert made.median_us == 140
    assert phone.left == []
    assert not any(name in line for line in phone.commands if " shell " in line)


@pytest.mark.slow
@pytest.mark.parametrize(
    "serial",
    ["192.168.0.2:5555", "adb-R5CT-a1 (2)._adb-tls-connect._tcp", "emulator-5554", "-x", "$(id)"],
)
def test_a_phone_with_a_serial_of_any_kind(measure, phone, monkeypatch, serial):
    monkeypatch.setenv("ADB_SERIAL", serial)
    monkeypatch.setenv("ADB_OTHERS", "PHONE2 PHONE3")
    made = measure(Target.parse(f"{serial}/benchmark_model/cpu"))
    assert made.median_us == 140
    assert made.machine.details["serial"] == serial
    assert phone.left == []


def test_a_phone_whose_shell_has_a_terminal(measure, phone):
    """As before Android 7: every line ends in two characters."""
    made = measure(fault="crlf")
    assert (made.median_us, made.delegation.nodes_total) == (140, 5)
    assert made.machine.system == "Android 14 arm64-v8a UQ1A"
    assert course(made).before.saving is False
    assert phone.left == []


def test_what_the_delegate_took_on_a_phone(measure):
    found = measure(XNNPACK).delegation
    assert (found.nodes_total, found.nodes_delegated, found.left_behind) == (4, 3, {"GATHER": 1})


def test_the_tool_is_held_to_cores(measure, phone):
    made = measure(phone_cores=(4, 5, 6, 7))
    assert course(made).cores == "f0"
    assert made.surroundings.cores == 4
    assert (phone.root / "masks").read_text().split() == ["f0", "f0"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [3, 5, 9, 11, 13, 17])
def test_a_phone_that_vanishes_fails_its_round_only(measure, phone, number):
    """Whichever command it is that breaks; and the next round finds nothing in its way."""
    with pytest.raises(Away, match="PHONE1") as raised:
        measure(fault=f"drop:{number}")
    assert raised.value.where == str(CPU)
    assert measure().median_us == 140
    assert phone.left == []


@pytest.mark.slow
def test_a_phone_whose_connection_breaks_clears_itself(measure, phone):
    whole = measure()
    assert whole.runs
    runs = [at for at, line in enumerate(phone.commands, 1) if "exec 3<&0" in line]
    phone.forget()
    with pytest.raises(Away, match="the phone PHONE1 went away: error: closed"):
        measure(fault=f"drop:{runs[0]}", tool_fault="hang")
    until = time.monotonic() + 60
    while phone.left and time.monotonic() < until:
        time.sleep(0.02)
    assert phone.left == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [5, 6, 7])
def test_a_full_phone_refuses(measure, phone, number):
    with pytest.raises(StageError, match=r"cannot push .*: .*No space left on device") as raised:
        measure(fault=f"full:{number}")
    assert not isinstance(raised.value, Killed)
    assert phone.left == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("absent", "no phone 'PHONE1' is attached"),
        ("unauthorized", "has not allowed this computer.*unlock it"),
        ("offline", "does not answer"),
    ],
)
def test_a_phone_that_takes_no_commands(measure, phone, fault, reason):
    with pytest.raises(Away, match=reason):
        measure(fault=fault)
    assert phone.left == []


def test_another_phone_is_attached(measure):
    with pytest.raises(Away, match="no phone 'OTHER' is attached; allowed: PHONE1"):
        measure(Target.parse("OTHER/benchmark_model/cpu"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 5, 8])
def test_an_adb_that_hangs(measure, phone, monkeypatch, number):
    monkeypatch.setattr(adb, "SHORT_S", 1.5)
    monkeypatch.setattr(adb, "COPY_S", 1.5)
    monkeypatch.setattr(seat, "ABANDON_S", 0.5)
    with pytest.raises(StageError, match=r"did not answer within|took too long"):
        measure(fault=f"hang:{number}")


@pytest.mark.slow
def test_a_tool_that_hangs_on_the_phone_is_ended(measure, phone, tmp_path, monkeypatch):
    monkeypatch.setenv("STAND_IN_PID", str(tmp_path / "pid"))
    monkeypatch.setattr(seat, "SPARE_S", 0.5)
    for seconds in (1.5, 6.0, 24.0, 96.0):  # it may take one of them to start
        with pytest.raises(StageError, match="took too long"):
            measure(tool_fault="hang", timeout_seconds=seconds)
        assert phone.left == []
        if (tmp_path / "pid").is_file():
            break
    assert not alive(int((tmp_path / "pid").read_text()))


def alive(pid: int, within_s: float = 60.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True


LIES = {
    "few_runs": "too few runs",
    "measured_fails": "code 1: gather index out of bounds",
    "unknown_flag": "does not know all it was asked for",
    "torn_result": "the result file cannot be read",
    "abort": "SIGABRT",
    "no_ops": "left no op profile",
    "cut": "ends before the inference timings",
}


@pytest.mark.slow
@pytest.mark.parametrize("lie", LIES)
def test_the_tool_lies_no_better_on_a_phone(measure, phone, lie):
    with pytest.raises(StageError, match=LIES[lie]):
        measure(tool_fault=lie)
    assert phone.left == []


def test_a_tool_for_another_processor(measure, phone, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.write_bytes(b"\x7fELF" + bytes(100))
    monkeypatch.setenv(tool.FOR_PHONES, str(other))
    with pytest.raises(StageError, match=r"code 12[67]"):
        measure()
    assert phone.left == []


def test_what_an_earlier_round_left_is_taken_away(measure, phone):
    left = phone.place / "rbench-0123"
    left.mkdir()
    (left / "benchmark_model").write_text("half")
    others = phone.place / "mine"
    others.write_text("not rbench's")
    measure()
    assert phone.left == ["mine"]


def test_a_warm_phone_is_waited_for(measure, phone, monkeypatch):
    monkeypatch.setattr(run, "POLL_S", 0.01)
    phone.set(tenths="460", cools="")
    made = measure(cool_below_celsius=40.0, cool_down_seconds=30.0)
    assert course(made).before.battery_celsius == 37.0
    assert course(made).waited_s > 0


def summed(tmp_path, made, **changes):
    folder = tmp_path / "r0"
    folder.mkdir()
    (folder / "result.json").write_bytes(msgspec.json.encode(made))
    protocol = profile.ProfileSettings(rounds=1, min_runs=100, **changes)
    return profile.summarise(protocol, CPU, [folder], tmp_path)[0]


def test_but_not_for_ever_and_the_verdict_says_so(measure, phone, tmp_path):
    phone.set(tenths="460", status="2", level="12", fed="false", saving="1")
    made = measure(cool_down_seconds=0.1)
    timing = summed(tmp_path, made)
    said = " | ".join(timing.reasons)
    assert timing.verdict == "unstable"
    assert "the phone was hot: its battery had 46 C before round 0, after 0" in said
    assert "the phone throttled: thermal status 2 (moderate) after round 0" in said
    assert "battery was low: 12 %" in said
    assert "battery saver was on" in said
    assert timing.details["phone"][0]["before"]["battery_percent"] == 12


def test_a_phone_that_overheats_meanwhile(measure, tmp_path, phone):
    timing = summed(tmp_path, measure(fault="heat"))
    assert timing.verdict == "unstable"
    assert any("46.5 C after round 0" in reason for reason in timing.reasons)
    assert any("status 3 (severe) after round 0" in reason for reason in timing.reasons)
    assert phone.left == []


def test_a_cool_phone_is_trusted(measure, tmp_path):
    timing = summed(tmp_path, measure())
    assert (timing.verdict, timing.reasons) == ("stable", ())


def test_without_adb_and_without_the_tool(measure, phone, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Away, match="adb, which speaks with phones, is not on the PATH"):
        measure()
    monkeypatch.setenv(tool.FOR_PHONES, str(tmp_path / "nothing"))
    with pytest.raises(Unsupported, match="names no file"):
        measure()
    monkeypatch.delenv(tool.FOR_PHONES)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with pytest.raises(Unsupported, match=r"rbench tool fetch .* --platform android-aarch64"):
        measure()


def test_masks():
    assert [seat.mask(cores) for cores in ((), (0,), (4, 5, 6, 7), (1, 1))] == ["", "1", "f0", "2"]
