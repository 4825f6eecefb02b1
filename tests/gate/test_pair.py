"""Two model files held against each other: sizes, ratios, and wrong words."""

import pytest

from rbench.cli import main
from rbench.gate.pair import judge_times
from rbench.records import Timing
from rbench.stats.rounds import compare_pairs
from rbench.testing.model_file import model_of


def gate(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(["gate", *map(str, arguments)])
    return caught.value.code


@pytest.fixture
def files(tmp_path):
    new, old = tmp_path / "new.tflite", tmp_path / "old.tflite"
    new.write_bytes(model_of(1050, b"n"))
    old.write_bytes(model_of(1000, b"o"))
    return ["--model", new, "--against-model", old]


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (["--max-growth", "5%"], 0),
        (["--max-growth", "4.9%"], 1),
        (["--max-growth", "0.05"], 2),
        (["--max-size", "1050"], 0),
        (["--max-size", "1049"], 1),
        (["--max-size", "2KB", "--max-growth", "1%"], 1),
        (["--max-growth", "much"], 2),
        (["--max-ratio", "0"], 2),
        (["--max-ratio", "1e308"], 2),
    ],
)
def test_sizes(files, limits, code, capsys):
    assert gate(*files, *limits) == code
    assert "Traceback" not in capsys.readouterr().err


def test_every_format(files, capsys):
    for kind in ("json", "markdown", "junit", "github"):
        assert gate(*files, "--max-growth", "1%", "--format", kind) == 1
        assert "new.tflite" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["RUN"], "both without RUN"),
        (["--budget", "b.toml"], "both without RUN"),
        (["--update", "b.json"], "both without RUN"),
    ],
)
def test_what_does_not_go_with_two_files(files, more, says, capsys):
    assert gate(*files, *more) == 2
    assert says in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("size", "code"), [("1050", 0), ("1049", 1)])
def test_one_file_is_held_to_a_size(files, size, code, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")  # long paths, in one line
    assert gate(*files[:2], "--max-size", size) == code
    assert "new.tflite" in capsys.readouterr().out


@pytest.mark.parametrize("limits", [[], ["--max-growth", "1%"], ["--max-ratio", "1.1"]])
def test_one_file_has_no_other_to_be_held_against(files, limits, capsys):
    assert gate(*files[:2], *limits) == 2
    assert "or --against-model" in " ".join(capsys.readouterr().err.split())
    assert gate(*files[2:], *limits) == 2
    assert "goes with --model" in " ".join(capsys.readouterr().err.split())


def test_pair_limits_are_for_pairs(tmp_path, capsys):
    assert gate(tmp_path, "--max-growth", "1%") == 2
    assert "are for --model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "the file is missing"),
        (b"", "is empty"),
        (b"version https://git-lfs", "git lfs pull"),
        (b"<html>", "it looks like a web page"),
        (model_of(1050)[:70], "the file is torn"),
    ],
)
def test_files_that_are_no_files(files, content, says, capsys):
    if content is None:
        files[3].unlink()
    else:
        files[3].write_bytes(content)
    assert gate(*files, "--max-growth", "1%") == 2
    assert says in capsys.readouterr().err


def timing(*rounds, verdict="stable"):
    return Timing(
        verdict=verdict,
        reasons=("the clock is too coarse",) if verdict == "invalid" else (),
        rounds=len(rounds),
        runs=100,
        round_medians_us=rounds,
        **dict.fromkeys(("median_us", "mean_us", "std_us", "min_us"), 1.0),
        **dict.fromkeys(("p90_us", "p95_us", "p99_us"), 1.0),
    )


OLD = (100.0, 150.0, 90.0, 110.0, 100.0)
"""A machine that was busy in some rounds, for both files alike."""


@pytest.mark.parametrize(
    ("factors", "status"),
    [
        ((0.95, 0.951, 0.949, 0.95, 0.95), "pass"),
        ((1.02, 1.0, 1.01, 0.99, 1.0), "warn"),
        ((1.05, 1.051, 1.049, 1.05, 1.05), "fail"),
    ],
)
def test_times(factors, status):
    new = tuple(old * factor for old, factor in zip(OLD, factors, strict=True))
    found = judge_times(1.0, "new", "old", (timing(*new), timing(*OLD, verdict="unstable")), 0.0025)
    assert found.status == status
    assert found.interval[0] < found.number < found.interval[1]


def test_a_timing_that_is_none_is_not_compared():
    found = judge_times(1.0, "new", "old", (timing(*OLD, verdict="invalid"), timing(*OLD)), 0.01)
    assert found.status == "not comparable"
    assert "the clock is too coarse" in found.message


def test_what_rounds_do_to_both_is_taken_out():
    ratio = compare_pairs([2 * old for old in OLD], OLD, 0.01)
    assert (ratio.low, ratio.value, ratio.high) == pytest.approx((2, 2, 2))
