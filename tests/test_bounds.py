"""Bounds on a study's numbers: no field of any settings takes what would run for ever."""

import math
import typing
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench import bounds
from rbench.bounds import Range
from rbench.compress.settings import CompressSettings
from rbench.convert.settings import ConvertSettings
from rbench.encoding import ModelSettings
from rbench.errors import RbenchError
from rbench.evaluate.settings import EvaluateSettings
from rbench.profile.settings import ProfileSettings
from rbench.study import Limits, Study
from rbench.train.settings import TrainSettings

SECTIONS = {
    "model": ModelSettings,
    "train": TrainSettings,
    "compress": CompressSettings,
    "convert": ConvertSettings,
    "evaluate": EvaluateSettings,
    "profile": ProfileSettings,
    "limits": Limits,
    "": Study,
}


def is_number(hint):
    if typing.get_origin(hint) is typing.Annotated:
        return is_number(typing.get_args(hint)[0])
    return hint in (int, float) or any(
        is_number(inner) for inner in typing.get_args(hint) if inner is not Ellipsis
    )


NUMBERS = [
    (section, name)
    for section, kind in SECTIONS.items()
    for name, hint in typing.get_type_hints(kind, include_extras=True).items()
    if is_number(hint)
]


def document(section, name, value):
    kind = SECTIONS[section]
    wrapped = [value] if isinstance(getattr(kind(), name), tuple) else value
    return {section: {name: wrapped}} if section else {name: wrapped}


def test_there_are_numbers_to_hold():
    assert len(NUMBERS) > 30
    assert {section for section, _ in NUMBERS} == set(SECTIONS)
    assert set(SECTIONS) - {""} == {
        name
        for name in Study.__struct_fields__
        if isinstance(getattr(Study(), name), msgspec.Struct) and name != "data"
    }


@pytest.mark.parametrize(("section", "name"), NUMBERS)
def test_every_number_has_a_range_with_two_ends(section, name):
    allowed = bounds.ranges(SECTIONS[section])[name]
    assert math.isfinite(allowed.least)
    assert math.isfinite(allowed.most)
    assert allowed.least < allowed.most
    for value in allowed:
        Study.build(document(section, name, value))


BEYOND = (math.nan, math.inf, -math.inf, -1, -1e-9, 2**63, 10**30, 10**5000, -(10**400))


@pytest.mark.parametrize(
    "value",
    BEYOND,
    ids=lambda value: f"{value:.3}" if isinstance(value, float) else f"{len(bin(value))}-bits",
)
@pytest.mark.parametrize(("section", "name"), NUMBERS)
def test_no_number_takes_what_is_beyond(section, name, value):
    allowed = bounds.ranges(SECTIONS[section])[name]
    if allowed.least <= value <= allowed.most:
        return  # a temperature may be below zero
    with pytest.raises(RbenchError) as caught:
        Study.build(document(section, name, value), where="mine.toml")
    said = str(caught.value)
    assert said.startswith("mine.toml: ")
    assert name in said
    assert len(said) < 1000


def test_an_override_of_one_encoder_is_held_too():
    with pytest.raises(RbenchError, match="epochs must be a whole number from 1 to 100,000"):
        Study.build({"encoder": {"gru": {"train": {"epochs": 0}}}})


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**64, -(2**64), [1, [math.nan]], {"a": 1e300}]
)
def test_options_are_numbers_that_can_travel(value):
    with pytest.raises(RbenchError, match=r"an option in \[encoder.gru\]"):
        Study.build({"encoder": {"gru": {"use": "mine.py:Mine", "wide": value}}})


@given(st.floats() | st.integers(), st.integers(-100, 100), st.integers(0, 100))
def test_a_range_holds_what_lies_in_it(value, least, more):
    outside = math.isnan(value) or not (
        math.isinf(value) is False and least <= Fraction(value) <= least + more
    )
    assert bool(Range(least, least + more).complaint("x", value)) == outside
