"""The tree of errors: its text, its exit codes, and its way between processes."""

import pickle

import pytest

from rbench import errors
from rbench.errors import RbenchError, StudyError

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, RbenchError)
]


def test_text_says_what_where_what_was_allowed_and_what_to_do():
    error = StudyError("no number", where="a.toml", allowed="1 to 9", remedy="write 3")
    assert str(error) == "a.toml: no number; allowed: 1 to 9; write 3"
    assert str(StudyError("no number")) == "no number"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_survives_a_process_border(kind):
    error = kind("what", where="where", allowed="allowed", remedy="remedy")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert (again.what, again.where, again.allowed, again.remedy) == (
        "what",
        "where",
        "allowed",
        "remedy",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_stands_in_the_drawn_tree(kind):
    assert kind.__name__ in errors.__doc__
    assert kind.exit_code == 2


def test_choices_are_sorted():
    assert errors.choices(["b", "a"]) == "a, b"
