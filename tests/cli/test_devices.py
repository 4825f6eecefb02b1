"""`rbench devices`: what it says with phones, without one, and without adb."""

import json
import sys
from pathlib import Path

import pytest

STAND_IN = Path(__file__).parents[1] / "profile" / "tools" / "android" / "stand_in_adb.py"


@pytest.fixture
def environment(tmp_path):
    """A PATH with adb alone, and a phone with nothing on it but a shell."""
    programs, root = tmp_path / "programs", tmp_path / "phone"
    for folder in (programs, root / "bin"):
        folder.mkdir(parents=True)
    (programs / "adb").write_text(f'#!/bin/sh\nexec {sys.executable} -S {STAND_IN} "$@"\n')
    (programs / "adb").chmod(0o755)
    (root / "bin" / "getprop").write_text("#!/bin/sh\necho '[ro.product.model]: [Pixel 7]'\n")
    (root / "bin" / "getprop").chmod(0o755)
    return {"PATH": f"{programs}:/usr/bin:/bin", "ADB_ROOT": str(root), "ADB_FAULT": ""}


@pytest.mark.slow
def test_phones_are_listed(command, environment):
    said = command("devices", env=environment, check=0, blocked=("tensorflow",)).stdout
    assert "PHONE1" in said
    assert "Pixel 7" in said
    assert "ready" in said
    assert "rbench sweep --target PHONE1/benchmark_model/xnnpack" in said
    (one,) = json.loads(command("devices", "--json", env=environment, check=0).stdout)
    assert (one["serial"], one["trouble"]) == ("PHONE1", "")
    assert one["machine"]["details"]["model"] == "Pixel 7"
    assert one["condition"]["battery_percent"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("absent", "no phone is attached: plug one in"),
        ("unauthorized", "has not allowed this computer"),
        ("offline", "does not answer"),
        ("drop:2", "went away"),
    ],
)
def test_what_is_wrong_is_said(command, environment, fault, words):
    done = command("devices", env={**environment, "ADB_FAULT": fault}, check=0)
    assert words in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr


def test_no_phone_is_an_empty_list(command, environment):
    done = command("devices", "--json", env={**environment, "ADB_FAULT": "absent"}, check=0)
    assert json.loads(done.stdout) == []


def test_without_adb(command, tmp_path):
    done = command("devices", env={"PATH": str(tmp_path)}, check=2)
    assert "adb, which speaks with phones, is not on the PATH" in done.stderr
    assert "Traceback" not in done.stderr
