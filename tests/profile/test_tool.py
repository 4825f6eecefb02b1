"""What tools share: whose settings are whose, and what a stranger's tool cannot break."""

from typing import Annotated

import pytest

from rbench.bounds import Bounded, Range
from rbench.cells import tools
from rbench.cells.target import Target
from rbench.errors import StudyError, Unsupported
from rbench.profile import ProfileSettings
from rbench.profile.tool import Delegate, Tool, concerning, tool_of

PHONE = Target.parse("PHONE1/benchmark_model/xnnpack")
HOST = Target.parse("xnnpack")


@pytest.mark.parametrize(
    ("changes", "concerned"),
    [
        ({"phone_cores": (4, 5)}, {PHONE}),
        ({"cool_below_celsius": 30.0}, {PHONE}),
        ({"cool_down_seconds": 1.0}, {PHONE}),
        ({"instances": 2}, {HOST}),
        ({"op_runs": 0}, {HOST}),
        ({"min_runs": 7}, {PHONE, HOST}),
        ({"warmup_runs": 7}, {PHONE, HOST}),
    ],
)
def test_a_setting_concerns_its_own_tool(changes, concerned):
    one, other = ProfileSettings(**changes), ProfileSettings()
    assert {
        target for target in (PHONE, HOST) if concerning(one, target) != concerning(other, target)
    } == concerned


class Loop(Bounded, frozen=True, kw_only=True):
    pauses: Annotated[int, Range(0, 9)] = 1


class Mine(Tool):
    word = "mine"
    meaning = "mine"
    delegates = (Delegate("wasm", "wasm"),)
    settings = Loop

    def time(self, settings, model, target, contexts, number, folder):
        raise AssertionError


@pytest.fixture
def mine(monkeypatch):
    """A stranger's tool beside ours."""
    every = (*tools.installed(), Mine())
    monkeypatch.setattr(tools, "_asked", lambda: iter(every))
    monkeypatch.setattr(tools, "installed", lambda: every)
    return every[-1]


def test_a_strangers_settings_are_its_own(mine):
    settings = ProfileSettings(tool={"mine": {"pauses": 3}})
    target = Target("wasm", tool="mine")
    assert mine.own(settings) == Loop(pauses=3)
    assert mine.own(ProfileSettings()) == Loop()
    assert concerning(settings, target).tool == {"mine": {"pauses": 3}}
    assert concerning(settings, HOST) == concerning(ProfileSettings(), HOST)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ({"mine": {"pauses": 10}}, "pauses must be a whole number from 0 to 9"),
        ({"mine": {"pauses": "x"}}, "Expected `int`"),
        ({"mine": {"pause": 1}}, "no such setting: 'pause'; allowed: pauses"),
        ({"litert": {"x": 1}}, "the litert tool has no settings of its own"),
        ({"its": {}}, "settings of a tool that is not installed: 'its'"),
    ],
)
def test_wrong_settings_are_explained(mine, said, cause):
    with pytest.raises(StudyError, match=r"\[profile\.tool\.") as caught:
        concerning(ProfileSettings(tool=said), HOST)
    assert cause in str(caught.value)


def test_a_record_says_no_settings_of_tools_that_were_not_given():
    assert "tool" not in ProfileSettings().said()
    said = {"mine": {"pauses": 1}}
    assert ProfileSettings(tool=said).said()["tool"] == said


def test_a_strangers_target_is_read_like_ours(mine):
    target = Target.parse("mine/wasm@2")
    assert (target.tool, target.delegate, target.threads, str(target)) == (
        *("mine", "wasm", 2),
        "mine/wasm@2",
    )
    assert tool_of(target) is mine


def test_a_tool_that_is_gone_is_said():
    with pytest.raises(Unsupported, match="the tool 'gone' is not installed"):
        tool_of(Target("wasm", tool="gone"))
