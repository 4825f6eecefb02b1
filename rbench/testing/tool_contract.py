"""The tool contract as checks. Each raises AssertionError with what was found."""

from __future__ import annotations

import math
import tempfile
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import msgspec

from rbench.cells import tools
from rbench.cells.recipe import Recipe, default_recipes
from rbench.cells.target import Target
from rbench.cells.tools import HOST
from rbench.errors import MissingExtraError, RbenchError, StageError, Unsupported
from rbench.profile import ProfileSettings, Round, measure, samples, summarise
from rbench.profile.checking import Checker, check
from rbench.profile.tool import Found, Tool
from rbench.records import Check

QUICK = ProfileSettings(
    rounds=2,
    instances=1,
    min_runs=20,
    min_seconds=0.0,
    max_seconds=5.0,
    warmup_runs=2,
    warmup_seconds=0.0,
    op_runs=0,
    contexts=16,
    timeout_seconds=120.0,
)
ITEMS, WIDTH, LENGTH = 300, 16, 6


def check_words(tool: Tool, device: str = HOST) -> None:
    """Its words can stand in targets' names, it is registered, and names are parsed to it."""
    complaint = tools.complaint_of(tool)
    assert not complaint, complaint
    found = tools.find(tool.word, on_device=bool(tool.device))
    assert type(found) is type(tool), f"the tool that is registered as {tool.word!r} is {found}"
    assert bool(tool.device) == (device != HOST), f"device {device!r}, where it measures elsewhere"
    assert not tool.device or tool.device_meaning, "it does not say what its DEVICE is"
    for target in _targets(tool, device):
        assert Target.parse(str(target)) == target, f"{target} is read as another target"
        threads = msgspec.convert({**_fields(target), "threads": 2}, Target)
        assert Target.parse(str(threads)) == threads, f"{threads} is read as another target"


def check_answers(tool: Tool, device: str = HOST) -> None:
    """What it says of itself, of a recipe and to ``rbench doctor`` is of the right kind, and raises
    nothing.
    """
    for target in _targets(tool, device):
        for said in (tool.build, tool.adapter, tool.machine):
            first, second = said(target), said(target)
            assert isinstance(first, str), f"{said.__name__}: {first!r} is no text"
            assert first == second, f"{said.__name__}: {first!r}, then {second!r}"
        assert bool(tool.machine(target)) == bool(tool.device), "this host's machine has no name"
        for recipe in default_recipes():
            assert isinstance(tool.objection(Recipe.parse(recipe), target), str)
    own = tool.own(QUICK)
    assert (own is None) == (tool.settings is None), f"own: {own!r} are no {tool.settings}"
    longest_s = tool.longest_s(QUICK)
    assert longest_s is None or longest_s >= QUICK.timeout_seconds, f"longest_s: {longest_s}"
    for found in tool.look():
        assert isinstance(found, Found), f"look: {found!r} is no Found"
        assert found.group, f"look: {found.name!r} is of no group"
        assert found.name, f"look: something in {found.group!r} has no name"


def check_rounds(tool: Tool, device: str = HOST) -> None:
    """Rounds hold what they say, and can be summed up; of a `Checker`, its check."""
    for target in _targets(tool, device):
        if isinstance(tool, Checker):
            _checked(target)
            continue
        with _model() as (model, contexts), tempfile.TemporaryDirectory() as name:
            objection = tool.file_objection(model, target)
            assert isinstance(objection, str), f"file_objection: {objection!r} is no text"
            places = [Path(name) / f"round{number}" for number in range(QUICK.rounds)]
            made = [_round(tool, target, model, contexts, n, p) for n, p in enumerate(places)]
            assert made[0].offset != made[1].offset or made[0].contexts < 2, (
                "each round begins with another context"
            )
            timing, delegation = summarise(QUICK, target, places, Path(name))
            assert timing.rounds == QUICK.rounds, f"{timing.rounds} rounds"
            assert timing.verdict != "invalid", "; ".join(timing.reasons)
            msgspec.json.encode([timing, delegation])


def check_refusals(tool: Tool, device: str = HOST) -> None:
    """A torn file is a failed or unsupported cell, never a crash of whoever asks."""
    for target in _targets(tool, device):
        with _model() as (model, contexts), tempfile.TemporaryDirectory() as name:
            model.write_bytes(model.read_bytes()[:200])
            try:
                if isinstance(tool, Checker):
                    check(QUICK, model, target, contexts)
                else:
                    measure(QUICK, model, target, contexts, 0, Path(name))
            except (StageError, Unsupported):
                continue
            except MissingExtraError as error:
                raise unittest.SkipTest(str(error)) from error
            raise AssertionError(f"{target}: a torn file was timed")


CHECKS: tuple[Callable[[Tool, str], None], ...] = (
    check_words,
    check_answers,
    check_rounds,
    check_refusals,
)


def check_tool(tool: Tool, device: str = HOST) -> None:
    """All checks, the first failure raised.

    Raises:
        AssertionError: the tool breaks its contract; the message says how.
        unittest.SkipTest: it is not here.
    """
    for one in CHECKS:
        one(tool, device)


class ToolContract:
    """The checks as a pytest class: derive from it and set ``tool``."""

    tool: ClassVar[Tool]
    device: ClassVar[str] = HOST

    def test_words(self) -> None:
        check_words(self.tool, self.device)

    def test_answers(self) -> None:
        check_answers(self.tool, self.device)

    def test_rounds(self) -> None:
        check_rounds(self.tool, self.device)

    def test_refusals(self) -> None:
        check_refusals(self.tool, self.device)


def _targets(tool: Tool, device: str) -> Iterator[Target]:
    for delegate in tool.delegates:
        yield Target(delegate=delegate.name, tool=tool.word, device=device)


def _fields(target: Target) -> dict[str, object]:
    return {"delegate": target.delegate, "tool": target.tool, "device": target.device}


@contextmanager
def _model() -> Iterator[tuple[Path, Path]]:
    """A small recommender, and what it is asked."""
    import numpy as np

    from rbench.testing.flat import recommender

    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        model, contexts = Path(name) / "model.tflite", Path(name) / "contexts.npy"
        table = random.normal(size=(ITEMS, WIDTH)).astype(np.float32)
        model.write_bytes(recommender(table, LENGTH))
        np.save(contexts, random.integers(1, ITEMS, (QUICK.contexts, LENGTH)).astype(np.int32))
        yield model, contexts


def _checked(target: Target) -> None:
    with _model() as (model, contexts):
        try:
            made = check(QUICK, model, target, contexts)
        except (Unsupported, MissingExtraError) as error:
            raise unittest.SkipTest(str(error)) from error
        except RbenchError as error:
            raise AssertionError(f"check: {error}") from error
    assert 0 < made.contexts <= QUICK.contexts, f"{made.contexts} contexts"
    assert made.bounds, "the check does not state its bounds"
    assert made.runtime, "the check does not say which runtime it was"
    assert made.against, "the check does not say what it is held to"
    content = msgspec.json.encode(made)
    assert msgspec.json.decode(content, type=Check) == made, "the check cannot be stored"


def _round(
    tool: Tool, target: Target, model: Path, contexts: Path, number: int, place: Path
) -> Round:
    place.mkdir()
    try:
        made = measure(QUICK, model, target, contexts, number, place)
    except (Unsupported, MissingExtraError) as error:
        raise unittest.SkipTest(str(error)) from error
    except RbenchError as error:
        raise AssertionError(f"round {number}: {error}") from error
    assert made.runs > 0, f"{made.runs} runs"
    assert 0 < made.median_us < math.inf, f"a median of {made.median_us} us"
    assert made.runtime, "the round does not say which runtime it was"
    assert made.tool == tool.build(target), f"build {made.tool!r}, {tool.build(target)!r} is here"
    assert bool(made.machine) == bool(tool.device), "a round on a device names its machine"
    if made.aggregate is None:
        runs = len(samples.read(place).samples_ns)
        assert runs == made.runs, f"{made.runs} runs, {runs} samples"
    left = sorted(path.name for path in place.iterdir() if path.name != samples.SAMPLES)
    assert not left, f"left beside the samples: {', '.join(left)}"
    content = msgspec.json.encode(made)
    assert msgspec.json.decode(content, type=Round) == made, "the round cannot be stored"
    (place / "result.json").write_bytes(content)
    return made
