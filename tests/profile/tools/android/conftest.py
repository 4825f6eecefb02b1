"""A phone in a folder, and an adb on the PATH that speaks with it."""

import os
import sys
from pathlib import Path

import pytest

from rbench.profile.tools.benchmark_model import tool

HERE = Path(__file__).parent
NATIVE = HERE.parent / "benchmark_model" / "stand_in.py"
RECORDED = HERE.parents[2] / "recorded" / "benchmark_model"

PROPERTIES = """\
[ro.product.manufacturer]: [Google]
[ro.product.model]: [Pixel 7]
[ro.product.device]: [panther]
[ro.product.cpu.abi]: [arm64-v8a]
[ro.soc.manufacturer]: [Google]
[ro.soc.model]: [GS201]
[ro.build.version.release]: [14]
[ro.build.version.sdk]: [34]
[ro.build.id]: [UQ1A]
[ro.build.fingerprint]: [google/panther/panther:14/UQ1A/1:user/release-keys]
"""
PROGRAMS = {
    "getprop": f"cat <<'X'\n{PROPERTIES}X\n",
    "settings": "cat $ROOT/state/saving\n",
    "dumpsys": """\
case "$1" in
battery)
  tenths=$(cat $ROOT/state/tenths)
  echo "Current Battery Service state:"
  echo "  AC powered: false"
  echo "  USB powered: $(cat $ROOT/state/fed)"
  echo "  level: $(cat $ROOT/state/level)"
  echo "  temperature: $tenths"
  if [ -f $ROOT/state/cools ]; then echo $((tenths - 30)) >$ROOT/state/tenths; fi;;
thermalservice) echo "Thermal Status: $(cat $ROOT/state/status)";;
esac
""",
    "taskset": 'echo "$1" >>$ROOT/masks\nshift\nexec "$@"\n',
}
STATE = {"tenths": "285", "status": "0", "level": "87", "fed": "true", "saving": "0"}


class Phone:
    """The folder that is the phone."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = root / "data/local/tmp"
        self.place.mkdir(parents=True)
        (root / "bin").mkdir()
        for name, body in PROGRAMS.items():
            path = root / "bin" / name
            path.write_text(f"#!/bin/sh\nROOT={root}\n{body}")
            path.chmod(0o755)
        (root / "state").mkdir()
        self.set(**STATE)
        for number, (kind, told) in enumerate(
            [("cpu", "41500"), ("skin", "33"), ("off", "-99999")]
        ):
            zone = root / f"sys/class/thermal/thermal_zone{number}"
            zone.mkdir(parents=True)
            (zone / "type").write_text(f"{kind}\n")
            (zone / "temp").write_text(f"{told}\n")
        for number in range(8):
            core = root / f"sys/devices/system/cpu/cpu{number}/cpufreq"
            core.mkdir(parents=True)
            (core / "scaling_governor").write_text("sched_pixel\n")

    def set(self, **state: str) -> None:
        for name, value in state.items():
            (self.root / "state" / name).write_text(f"{value}\n")

    @property
    def left(self) -> list[str]:
        """What lies in the place where rounds work."""
        return sorted(path.name for path in self.place.iterdir())

    @property
    def commands(self) -> list[str]:
        return (self.root / "commands").read_text().splitlines()

    def forget(self) -> None:
        """Begin counting commands anew."""
        (self.root / "commands").write_text("")


@pytest.fixture
def phone(tmp_path, monkeypatch):
    """A phone that is well, an adb that reaches it, and the tool for it."""
    made = Phone(tmp_path / "phone")
    programs = tmp_path / "programs"
    programs.mkdir()
    adb = programs / "adb"
    adb.write_text(f'#!/bin/sh\nexec {sys.executable} -S {HERE / "stand_in_adb.py"} "$@"\n')
    native = tmp_path / "android_benchmark_model"
    native.write_text(f'#!/bin/sh\nexec {sys.executable} -S {NATIVE} "$@"\n')
    adb.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ADB_ROOT", str(made.root))
    monkeypatch.setenv("ADB_FAULT", "")
    monkeypatch.setenv("STAND_IN_RECORDED", str(RECORDED))
    monkeypatch.setenv("STAND_IN_FAULT", "")
    monkeypatch.setenv(tool.FOR_PHONES, str(native))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return made
