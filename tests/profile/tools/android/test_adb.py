"""What adb says of phones, and what a phone says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import Away
from rbench.profile.tools.android import adb, state

LISTED = """\
* daemon not running; starting now at tcp:5037
* daemon started successfully
List of devices attached
28191FDH2000AA         device usb:1-4 product:panther model:Pixel_7 device:panther transport_id:2
192.168.1.20:5555      device product:a model:SM_G991B device:o1s transport_id:5
ZY22                   unauthorized usb:1-2 transport_id:3
0123                   no permissions (user in plugdev group; are your udev rules wrong?); see [x]
emulator-5554          offline transport_id:1

"""


def test_the_list_of_phones():
    found = adb.read_list(LISTED)
    assert [(one.serial, one.state, one.model) for one in found] == [
        ("28191FDH2000AA", "device", "Pixel 7"),
        ("192.168.1.20:5555", "device", "SM G991B"),
        ("ZY22", "unauthorized", ""),
        ("0123", "no permissions", ""),
        ("emulator-5554", "offline", ""),
    ]
    assert [bool(one.trouble[0]) for one in found] == [False, False, True, True, True]
    assert adb.read_list("") == adb.read_list("List of devices attached\n\n") == []


@pytest.mark.parametrize(
    "serial",
    [
        "emulator-5554",
        "192.168.0.2:5555",
        "[fe80::1%wlan0]:5555",
        "adb-R5CT10XXXX-a1B2c3._adb-tls-connect._tcp",
        "adb-R5CT10XXXX-a1B2c3 (2)._adb-tls-connect._tcp",
        "-leading",
        "0123456789ABCDEF",
        "device",
    ],
)
@pytest.mark.parametrize("state", ["device", "offline", "unauthorized"])
def test_serials_of_all_kinds(serial, state):
    line = f"{serial:<22} {state} product:p model:Pixel_7 device:panther transport_id:3"
    (one,) = adb.read_list(f"List of devices attached\r\n{line}\r\n\r\n")
    assert (one.serial, one.state, one.model) == (serial, state, "Pixel 7")


def test_a_state_that_nobody_knows_is_told_as_it_is():
    (one,) = adb.read_list("List of devices attached\nX1 dreaming usb:1 model:A\n")
    assert (one.serial, one.state, one.model) == ("X1", "dreaming", "A")
    assert "adb calls it dreaming" in one.trouble[0]


@given(st.text())
def test_no_list_crashes(text):
    for one in adb.read_list("List of devices attached\n" + text):
        assert one.serial
        assert one.state


OLD = """\
@properties
[ro.product.model]: [Moto G]
[ro.product.manufacturer]: [motorola]
[ro.board.platform]: [msm8226]
[ro.build.version.release]: [7.1]
[broken
@battery
  level: 40
  temperature: -12
  USB powered: false
  AC powered: false
@thermal
@saving
null
@zones
38 tsens
395 pm8226
 empty
@cores
cpu0 interactive
cpu1
@memory
MemTotal:         905024 kB
@load
11.24 10.1 9.9 1/200 3
"""


def test_an_old_phone_tells_less():
    machine, now = state.read("X", OLD)
    assert (machine.name, machine.cpu, machine.cores) == ("motorola Moto G X", "msm8226", 2)
    assert (machine.memory_bytes, machine.system) == (905024 * 1024, "Android 7.1")
    assert (now.battery_percent, now.battery_celsius, now.charging) == (40, -1.2, False)
    assert (now.saving, now.throttling, now.load_average) == (None, None, 11.24)
    assert now.zones_celsius == {"pm8226": 39.5, "tsens": 38.0}
    assert now.governors == {"cpu0": "interactive"}


@given(st.lists(st.sampled_from(OLD.splitlines()) | st.text(max_size=30)))
def test_no_answer_crashes(lines):
    machine, now = state.read("X", "\n".join(lines))
    assert machine.identity
    assert now.battery_celsius is None or now.battery_celsius < 10000


def test_two_phones_are_two_machines():
    one, _ = state.read("A", OLD)
    other, _ = state.read("B", OLD)
    updated, _ = state.read("A", OLD.replace("7.1", "8.0"))
    assert len({machine.identity for machine in (one, other, updated)}) == 3


def test_without_adb(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Away, match="not on the PATH; install Android's platform tools"):
        adb.attached()
