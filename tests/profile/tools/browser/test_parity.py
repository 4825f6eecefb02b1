"""Whether a browser's answers are the host's: known answers."""

import numpy as np
import pytest

from rbench.profile.tools.browser.parity import compared

ITEMS = np.arange(1, 41, dtype=np.int32).reshape(2, 20)
SCORES = np.linspace(3, -3, 40, dtype=np.float32).reshape(2, 20)


def host():
    return {"items": ITEMS, "scores": SCORES}


def test_equal_answers_are_right():
    found = compared(host(), host())
    assert (found.top_alike, found.difference, found.complaint) == (1.0, 0.0, "")


def test_near_ties_may_change_places():
    items = ITEMS.copy()
    items[0, [8, 9]] = items[0, [9, 8]]
    found = compared(host(), {"items": items, "scores": SCORES + np.float32(1e-3)})
    assert found.top_alike == 1.0
    assert found.difference == pytest.approx(1e-3, rel=0.01)
    assert not found.complaint


def test_two_of_twenty_are_too_many():
    items = ITEMS.copy()
    items[0, 0], items[1, 3] = 99, 98
    found = compared(host(), {"items": items, "scores": SCORES})
    assert found.top_alike == 0.9
    assert "90.0% of the first 10 of 'items'" in found.complaint
    items[1, 3] = ITEMS[1, 3]
    assert not compared(host(), {"items": items, "scores": SCORES}).complaint


def test_what_stands_behind_the_first_is_not_looked_at():
    items = ITEMS.copy()
    items[:, 10:] = 0
    assert not compared(host(), {"items": items, "scores": SCORES}).complaint


def test_other_numbers_are_wrong():
    found = compared(host(), {"items": ITEMS, "scores": np.zeros_like(SCORES)})
    assert "'scores' lies" in found.complaint
    assert found.difference == 3.0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_no_numbers_are_wrong(value):
    scores = SCORES.copy()
    scores[1, 19] = value
    assert "no numbers" in compared(host(), {"items": ITEMS, "scores": scores}).complaint


def test_other_outputs_are_wrong():
    assert "outputs ['items']" in compared(host(), {"items": ITEMS}).complaint
    assert "39 values" in compared(host(), {**host(), "items": ITEMS.ravel()[:39]}).complaint


def test_a_shape_of_its_own_does_not_matter():
    flat = {name: array[:, None] for name, array in host().items()}
    assert not compared(flat, host()).complaint
