"""Whether an executable is the tool: it says so itself, or it is not here."""

import shutil
from pathlib import Path

import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import StageError, Unsupported
from rbench.profile.tool import Found
from rbench.profile.tools.benchmark_model import doctor, tool

CPU = Target.parse("benchmark_model/cpu")
HELP = (Path(__file__).parents[3] / "recorded/benchmark_model/help.flag.stderr").read_text()


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def found() -> Found:
    (one,) = doctor.tools()
    return one


def test_the_tool_is_here(stand_in):
    tool.help_of(stand_in, "")
    assert found().here
    assert str(stand_in) in found().said


def test_every_flag_that_is_looked_for_is_in_the_recorded_help():
    assert all(f"\t--{flag}=" in HELP for flag in tool.FLAGS)


@pytest.mark.parametrize("name", ["true", "false", "cat", "yes", "echo", "sleep"])
def test_another_program_is_not_the_tool(monkeypatch, name):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} here")
    monkeypatch.setenv(tool.VARIABLE, path)
    one = found()
    assert not one.here
    assert "is not TensorFlow Lite's benchmark_model: its --help names none" in one.said
    assert "rbench tool fetch benchmark_model" in one.remedy


BODIES = {
    "hangs": ("sleep 600", "does not answer --help within 0.3 s"),
    "floods": ("exec yes", "does not answer --help within 0.3 s"),
    "lacks": ("echo '--graph --num_runs'", "its --help does not know --min_secs, --max_secs"),
    "prefix": ("echo '--graphs --num_runs_all'", "names none of the tool's flags"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_script_that_is_no_tool(tmp_path, monkeypatch, kind):
    body, reason = BODIES[kind]
    if "within 0.3 s" in reason:
        monkeypatch.setattr(tool, "HELP_S", 0.3)
    monkeypatch.setenv(tool.VARIABLE, str(script(tmp_path / kind, body)))
    one = found()
    assert not one.here
    assert reason in one.said


def test_the_sibling_of_the_tool_is_told_apart(tmp_path, monkeypatch):
    """benchmark_litert_model has no flag for plain kernels and takes no value files."""
    lines = [
        line
        for line in HELP.splitlines()
        if "use_xnnpack=" not in line and "input_layer_value_files=" not in line
    ]
    text = "\n".join(lines).replace("--input_layer_value_files", "")
    (tmp_path / "help").write_text(text)
    path = script(tmp_path / "sibling", f"cat {tmp_path}/help")
    monkeypatch.setenv(tool.VARIABLE, str(path))
    assert "--help does not know --use_xnnpack, --input_layer_value_files" in found().said


def test_what_is_no_executable_says_why(tmp_path, monkeypatch):
    (tmp_path / "plain").write_text("text")
    for name, why in (
        (str(tmp_path), " is a folder"),
        (str(tmp_path / "plain"), " may not be executed"),
        (str(tmp_path / "nothing"), " is not there"),
    ):
        monkeypatch.setenv(tool.VARIABLE, name)
        one = found()
        assert not one.here
        assert f"names no executable: {name!r}{why}" in one.said
        with pytest.raises(Unsupported):
            tool.find("")


def test_a_program_of_another_machine_is_not_here(tmp_path, monkeypatch):
    path = tmp_path / "foreign"
    path.write_bytes(b"\x7fELF nonsense")
    path.chmod(0o755)
    monkeypatch.setenv(tool.VARIABLE, str(path))
    assert not found().here


def test_nothing_is_timed_with_another_program(model, contexts, quick, tmp_path, monkeypatch):
    monkeypatch.setenv(tool.VARIABLE, str(script(tmp_path / "other", "exit 0")))
    with pytest.raises(StageError, match="is not TensorFlow Lite's benchmark_model"):
        profile.measure(quick, model("recommender"), CPU, contexts, 0, tmp_path)


def test_an_exchanged_executable_is_asked_anew(stand_in):
    tool.help_of(stand_in, "")
    script(stand_in, "exit 0")
    with pytest.raises(StageError):
        tool.help_of(stand_in, "")
