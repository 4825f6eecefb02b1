"""``rbench data`` as people and programs use it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from rbench.cli import main
from rbench.cli.data import command
from rbench.data import DataSettings, load
from rbench.records import DataSummary


def test_describe_for_people(small: Path) -> None:
    result = CliRunner().invoke(command, ["describe", str(small)])
    assert result.exit_code == 0
    for word in ("small", "csv", "leave_one_out", "2024-01-01T00:00:00Z", "repeat share"):
        assert word in result.output


def test_describe_for_programs(small: Path) -> None:
    arguments = ["describe", str(small), "--json", "--min-interactions", "2"]
    result = CliRunner().invoke(command, arguments)
    summary = msgspec.json.decode(result.output, type=DataSummary)
    assert summary == load(DataSettings(path=str(small), min_interactions=2)).summary


def test_describe_shows_the_best_possible_scores() -> None:
    result = CliRunner().invoke(command, ["describe", "synthetic"])
    assert "best possible recall@10" in result.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["describe", "nowhere.csv"], "no such file or folder"),
        (["describe", "{small}", "--item-column", "movie"], "'user', 'item', 'date'"),
        (["describe", "{small}", "--format", "xml"], "xml"),
        (["describe", "{small}", "--min-interactions", "0"], "min-interactions"),
        (["describe", "{small}", "--temporal-quantile", "1"], "temporal-quantile"),
        (["describe"], "PATH"),
        (["fetch", "ml-2m"], "ml-1m"),
        (["fetch", "ml-1m", "--to", "{small}/x"], "cannot write"),
        (["fetch", "ml-100k", "--to", "{folder}", "--mirror", "http://127.0.0.1:1"], "download"),
    ],
)
def test_mistakes_leave_with_2_and_a_cause(
    arguments: list[str], expected: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"small": small, "folder": small.parent}
    with pytest.raises(SystemExit) as left:
        main(["data", *(word.format(**places) for word in arguments)])
    assert left.value.code == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert "Traceback" not in captured.err


def test_help_has_examples() -> None:
    for arguments in (["--help"], ["describe", "--help"], ["fetch", "--help"]):
        output = CliRunner().invoke(command, arguments).output
        assert "\n  rbench data " in output  # on a line of its own
        assert "\\b" not in output


def test_fingerprints_import_no_heavy_library(write: Callable[..., Path]) -> None:
    path = write("log.csv", "user,item,time\na,b,1\n")
    code = (
        "import sys; from rbench.data import DataSettings, fingerprint; "
        f"fingerprint(DataSettings(path={str(path)!r})); "
        "print({'pandas', 'pyarrow', 'scipy', 'tensorflow'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
