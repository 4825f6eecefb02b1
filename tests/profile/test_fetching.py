"""What tools bring from outside: named by the tools, fetched by one command."""

import pytest

from rbench.cells import tools
from rbench.errors import PluginError, UsageError
from rbench.profile.delegates import DELEGATES
from rbench.profile.fetching import Brought, Fetchable, Wanted
from rbench.profile.tool import Tool, fetchable
from rbench.progress import silent


class Kernels(Fetchable):
    name = "kernels"
    meaning = "kernels"
    platforms = ("here", "there")
    options = ("source", "sha256")

    def fetch(self, wanted, report):
        return Brought(path=wanted.source, sha256="00", new=True, licence="MIT", next="use them")


class Other(Kernels):
    """Another thing of the same name."""


def tool_that(called, fetches):
    made = type("Made", (Tool,), {"word": called, "meaning": called, "delegates": DELEGATES})
    made.time = lambda self, *_: None
    made.fetches = fetches
    made.__abstractmethods__ = frozenset()
    return made()


@pytest.fixture
def among(monkeypatch):
    """Puts tools beside ours."""
    ours = tools.installed()

    def put(*made):
        monkeypatch.setattr(tools, "installed", lambda: (*ours, *made))

    return put


def test_ours_and_a_strangers_are_found(among):
    among(tool_that("mine", lambda self: (Kernels(),)))
    found = fetchable()
    assert "benchmark_model" in found
    made = found["kernels"].fetch(Wanted(source="x"), silent)
    assert (made.path, made.licence, made.next) == ("x", "MIT", "use them")


def test_two_tools_may_bring_the_same_thing(among):
    among(*(tool_that(name, lambda self: (Kernels(),)) for name in ("mine", "yours")))
    assert "kernels" in fetchable()


def test_two_things_of_one_name_are_told(among):
    among(tool_that("mine", lambda self: (Kernels(),)), tool_that("yours", lambda self: (Other(),)))
    with pytest.raises(PluginError, match="two tools fetch 'kernels'"):
        fetchable()


def test_a_tool_that_raises_costs_its_own_alone(among):
    def breaks(self):
        raise SystemExit(3)

    among(tool_that("mine", breaks))
    assert "benchmark_model" in fetchable()


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(platform="moon"), "no 'moon' of it; allowed: here, there"),
        (Wanted(mirror="x"), "--mirror is not for it; allowed: --from, --sha256"),
    ],
)
def test_what_it_does_not_know_is_refused(wanted, said):
    with pytest.raises(UsageError, match=f"rbench tool fetch kernels: {said}"):
        Kernels().check(wanted)


def test_one_that_is_the_same_everywhere_has_no_platforms():
    class Same(Kernels):
        platforms = ()

    with pytest.raises(UsageError, match="leave --platform out"):
        Same().check(Wanted(platform="here"))
