"""This machine: known, cheap to ask, and the same every time."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from rbench.records import Machine
from rbench.records import machine as module
from rbench.records.machine import machine


def test_everything_is_known():
    found = machine()
    assert found.name
    assert found.cpu
    assert found.cores >= 1
    assert found.memory_bytes > 0
    assert found.system
    assert found.python == ".".join(str(part) for part in sys.version_info[:3])
    assert msgspec.json.decode(msgspec.json.encode(found), type=Machine) == found


def test_identity_does_not_move_with_the_load(monkeypatch):
    first = machine()
    monkeypatch.setattr(module.os, "getloadavg", lambda: (99.0, 98.0, 97.0))
    second = machine()
    assert second.details["load_average"] == [99.0, 98.0, 97.0]
    assert first.identity == second.identity


def test_it_starts_no_process(monkeypatch):
    def started(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    monkeypatch.setattr(module.os, "popen", started)
    monkeypatch.setattr(module.os, "system", started)
    machine()


@pytest.mark.parametrize(
    ("text", "cpu"),
    [
        ("processor : 0\nmodel name\t: Some CPU @ 3 GHz\nflags : avx2\n", "Some CPU @ 3 GHz"),
        (
            "processor : 0\nCPU implementer : 0x41\nCPU part : 0xd0b\n",
            "implementer 0x41 part 0xd0b",
        ),
        ("processor : 0\nCPU part : 0xd08\nModel : Raspberry Pi 4\n", "Raspberry Pi 4"),
    ],
)
def test_processors_by_what_they_say(monkeypatch, tmp_path, text, cpu):
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    monkeypatch.setattr(module, "_CPUINFO", path)
    assert machine().cpu == cpu


def test_a_system_that_tells_nothing(monkeypatch):
    for name in ("_CPUINFO", "_GOVERNOR", "_PRODUCT", "_CPU_LIMIT", "_MEMORY_LIMIT"):
        monkeypatch.setattr(module, name, Path("/nowhere"))

    def refuse() -> tuple[float, float, float]:
        raise OSError

    monkeypatch.setattr(module.os, "getloadavg", refuse)
    found = machine()
    assert found.cpu
    assert "governor" not in found.details
    assert "load_average" not in found.details


@pytest.mark.parametrize(
    ("name", "content", "boost"),
    [("boost", "1\n", True), ("boost", "0\n", False), ("no_turbo", "1\n", False)],
)
def test_governor_boost_limits_and_kernel_where_the_system_tells(
    monkeypatch, tmp_path, name, content, boost
):
    words = {"1": False, "0": True} if name == "no_turbo" else {"1": True, "0": False}
    for file, text in (("governor", "performance\n"), ("memory", "1073741824\n"), (name, content)):
        (tmp_path / file).write_text(text)
    monkeypatch.setattr(module, "_GOVERNOR", tmp_path / "governor")
    monkeypatch.setattr(module, "_MEMORY_LIMIT", tmp_path / "memory")
    monkeypatch.setattr(module, "_BOOSTS", {Path("/nowhere"): {}, tmp_path / name: words})
    details = machine().details
    assert details["governor"] == "performance"
    assert details["memory_limit"] == "1073741824"
    assert details["boost"] is boost
    assert details["kernel"]


def test_what_holds_for_a_whole_sweep_is_the_same_each_time():
    first, second = machine().details, machine().details
    assert {**first, "load_average": 0} == {**second, "load_average": 0}


def test_asking_imports_nothing_heavy():
    program = (
        "import sys, rbench.records.machine\n"
        "rbench.records.machine.machine()\n"
        "heavy = {'numpy', 'pandas', 'ai_edge_litert', 'tensorflow'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
