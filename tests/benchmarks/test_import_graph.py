"""The import graph in docs/design.md: it is drawn right, and it is today's."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # at the end: rbench is the installed one

from benchmarks.import_graph import PAGE, PLACE, drawn, graph, reduced, room_of


@pytest.mark.slow
def test_the_page_shows_todays_graph():
    (shown,) = PLACE.findall(PAGE.read_text("utf-8"))
    assert shown == drawn(), "write it anew: python benchmarks/import_graph.py --write"


@pytest.mark.slow
def test_the_graph_knows_the_rooms_and_their_imports():
    rooms = graph()
    assert {"data", "train", "cli", "errors", "encoders", "reports"} <= set(rooms)
    assert "data" in rooms["train"]
    assert "train" not in rooms["data"]
    assert rooms["errors"] == set()


@pytest.mark.parametrize(
    ("module", "room"),
    [
        ("rbench.train.windows", "train"),
        ("rbench.profile.litert.run", "profile"),
        ("rbench.errors", "errors"),
        ("rbench", "rbench"),
        ("rbench_reports.html", "reports"),
        ("rbench_encoders", "encoders"),
    ],
)
def test_a_module_is_in_a_room(module, room):
    assert room_of(module) == room


def test_arrows_that_others_say_are_left_out():
    rooms = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set(), "e": {"d"}}
    assert reduced(rooms) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set(), "e": {"d"}}


def test_a_circle_cannot_be_drawn():
    with pytest.raises(ValueError, match="a circle: "):
        reduced({"a": {"b"}, "b": {"a"}})
