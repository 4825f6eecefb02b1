"""What the tool says that it was asked, in every form that was recorded."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.profile.tools.benchmark_model import echo
from rbench.profile.tools.benchmark_model.log import read_log

RECORDED = Path(__file__).parents[3] / "recorded" / "benchmark_model"


def recorded(name: str) -> tuple[echo.Echo, list[str]]:
    """What was echoed, and the flags of the run."""
    log = read_log((RECORDED / f"{name}.stdout").read_text())
    return log.parameters, shlex.split((RECORDED / f"{name}.cmd").read_text())[1:]


NAMES = [
    name
    for name in sorted(path.name.removesuffix(".cmd") for path in RECORDED.glob("*.cmd"))
    if not name.startswith(("err.", "help."))
    and {flag[2:].partition("=")[0] for flag in recorded(name)[1]} <= set(echo.DESCRIPTIONS)
    and name != "bow_f32.use_gpu"  # a build that does not know the flag
]


def test_most_recordings_are_of_flags_that_are_known():
    assert len(NAMES) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_the_tool_itself_says_what_it_was_asked(name):
    said, flags = recorded(name)
    assert said
    assert not list(echo.differences(said, flags))


@pytest.mark.parametrize("name", NAMES)
def test_any_changed_value_is_seen(name):
    said, flags = recorded(name)
    for place, (words, value) in enumerate(said):
        other = "7" if value != "7" else "8"
        changed = (*said[:place], (words, other), *said[place + 1 :])
        assert list(echo.differences(changed, flags)), words


@pytest.mark.parametrize("name", NAMES)
def test_any_lost_flag_is_seen(name):
    said, flags = recorded(name)
    for flag in flags:
        named = flag[2:].partition("=")[0]
        left = tuple(pair for pair in said if pair[0] not in echo.DESCRIPTIONS[named])
        lost = list(echo.differences(left, flags))
        assert bool(lost) == (named not in echo.SILENT), flag


def test_a_flag_that_was_added_is_seen_unless_it_changes_nothing():
    said, flags = recorded("bow_f32.cpu1")
    assert not list(echo.differences((*said, ("Use caching", "0")), flags))
    for words, value in (("Use caching", "1"), ("Inter-run delay (seconds)", "0.01")):
        (reason,) = echo.differences((*said, (words, value)), flags)
        assert f"{words}: [{value}]" in reason
    _, more = recorded("bow_f32.prof_cpu1")
    assert "--enable_op_profiling=true" in more
    found = list(echo.differences(recorded("bow_f32.prof_cpu1")[0], flags))
    assert any("Enable op profiling: [1]" in reason for reason in found)


def test_a_log_that_echoes_nothing_is_no_answer():
    _, flags = recorded("bow_f32.cpu1")
    assert len(list(echo.differences((), flags))) == len(flags)


@pytest.mark.parametrize(
    ("asked", "said", "same"),
    [
        ("0.166667", "0.166667", True),
        ("0.1666667", "0.166667", True),
        ("true", "1", True),
        ("false", "0", True),
        ("1", "1.0", True),
        ("1", "1,0", False),
        ("10", "1_0", False),
        ("1", "\u0661", False),
        ("2", "20", False),
        ("nan", "nan", True),
        ("1", "nan", False),
        ("true", "0", False),
    ],
)
def test_values_are_numbers_where_they_are(asked, said, same):
    found = list(echo.differences((("Num threads", said),), [f"--num_threads={asked}"]))
    assert bool(found) != same


def test_forms_of_a_line():
    text = (
        "STARTING!\nUse gpu : [1]\nINFO: Graph: [a [b] c.tflite]\nINFO: Signature to run: []\n"
        "08-24 12:00:00.1  1234  1234 I tflite  : Num threads: [2]\n"
        "INFO: [./litert/tools/x.h:84] Min num runs: [5]\nINFO: nothing here\nINFO: Cut: [3\n"
        "INFO: Loaded model a\nINFO: Num threads: [9]\n"
    )
    assert read_log(text).parameters == (
        ("Use gpu", "1"),
        ("Graph", "a [b] c.tflite"),
        ("Signature to run", ""),
        ("Num threads", "2"),
        ("Min num runs", "5"),
    )


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=20))
def test_any_value_comes_back_whole(value, more):
    kept = "".join(value.splitlines())
    text = f"INFO: Graph: [{kept}]\n{more}\n"
    assert read_log(text).parameters[0] == ("Graph", kept)
