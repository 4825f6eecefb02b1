"""`rbench doctor`: what is here, what is not, and how to get it."""

import json
import os

import pytest

pytest.importorskip("ai_edge_litert", reason="delegates are tried with rbench[profile]")

pytestmark = pytest.mark.slow


def found(done):
    document = json.loads(done.stdout)
    return document["can_sweep"], {one["name"]: one for one in document["found"]}


def test_without_a_gpu(rbench, no_gpu):
    done = rbench("doctor", "--json", without=("pandas", "plotly"))
    can_sweep, here = found(done)
    assert done.returncode == (0 if can_sweep else 1)
    assert here["cpu"]["here"]
    assert here["xnnpack"]["here"]
    assert here["xnnpack_cached"]["here"]
    assert not here["gpu"]["here"]
    assert "export VK_DRIVER_FILES=" in here["gpu"]["remedy"]
    assert here["ai-edge-litert"]["said"].endswith("(rbench[profile])")


def test_a_software_gpu_is_called_one(rbench, software_gpu):
    done = rbench("doctor")
    (line,) = [line for line in done.stdout.splitlines() if line.split()[:1] == ["gpu"]]
    assert line.split()[1] == "software"
    assert "SwiftShader" in line


def test_a_tool_that_is_named(rbench, no_gpu, tmp_path, monkeypatch):
    tool = tmp_path / "benchmark_model"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("RBENCH_BENCHMARK_MODEL", str(tool))
    _, here = found(rbench("doctor", "--json"))
    one = here["benchmark_model (native)"]
    assert not one["here"]
    assert str(tool) in one["said"]
    assert "sha256" in one["said"]
    assert "named by RBENCH_BENCHMARK_MODEL" in one["said"]
    assert "is not TensorFlow Lite's benchmark_model: its --help names none" in one["said"]
    assert "rbench tool fetch" in one["remedy"]


def test_phones_are_listed(rbench, no_gpu, tmp_path, monkeypatch):
    lists = "List of devices attached\\nR5CT10 device model:Pixel_6\\nR5CT11 unauthorized usb:1\\n"
    (tmp_path / "adb").write_text(f"#!/bin/sh\nprintf '{lists}'\n")
    (tmp_path / "adb").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    _, here = found(rbench("doctor", "--json"))
    assert here["R5CT10"]["here"]
    assert "Pixel 6" in here["R5CT10"]["said"]
    assert not here["R5CT11"]["here"]
    assert here["R5CT11"]["remedy"]


def test_without_the_libraries_no_sweep(tmp_path, monkeypatch, capsys):
    from rbench.cli import main
    from rbench.profile import host

    monkeypatch.setattr(host, "is_there", lambda module: False)
    with pytest.raises(SystemExit) as left:
        main(["doctor"])
    assert left.value.code == 1
    said = capsys.readouterr().out
    assert "pip install 'rbench[sweep]'" in said
    assert "no sweep can run here without" in said


def test_nothing_is_missing_from_what_a_sweep_needs():
    from rbench.profile.host import LIBRARIES
    from rbench.system.extras import EXTRAS

    assert {module for modules in EXTRAS.values() for module in modules} <= set(LIBRARIES)
