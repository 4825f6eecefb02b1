"""Golden answers: questions drawn by a seed, edge cases first, and what the very file says to them.

How far another backend may lie from them is made from what was measured here, see `tolerances`.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from rbench.data.dataset import Ids
from rbench.data.ranking import Scores
from rbench.evaluate.file_scorer import FileScorer
from rbench.features import Features
from rbench.ship.answers import BACKEND, Answer, ModelRunner, padded
from rbench.ship.documents import Case, Golden, Tolerance

CASES = 24
SEED = 20
TOP = 10
"""Items that a client is asked for."""
DEEP = 20
"""Items that are kept of an answer: beyond the top ones, what could change places with them."""
NAMED = 32
"""Items whose names are kept: those of another split, or in another order, do not hold them."""
SAFETY = 4.0
"""What other kernels of the same kind may differ by, over what two of them differ by here."""
LEAST_APART = {
    "litert/cpu": 1e-4,
    "litert/xnnpack": 1e-4,
    "browser/wasm": 1e-4,
    "browser/webgpu": 1e-2,
    "aarch64/cpu": 1e-3,
    "aarch64/xnnpack": 1e-3,
}
"""Backend -> share of the spread of the scores that it may differ by where the two here differ by
nothing. ARM's and WebAssembly's kernels add up in another order; a GPU may reckon in float16,
which has 11 bits."""
MOST_LEVELS, OFF_GRID = 1 << 16, 0.05
"""Of quantized scores, and how far one may lie from its place on their grid, in steps."""
STEPS = {"litert/cpu": 1, "litert/xnnpack": 1, "browser/wasm": 1}
"""Backend -> steps of quantized scores that rounding elsewhere in the graph may move one by."""
OTHER_STEPS = 3
"""The same for the others."""
OVERLAP = 0.8
"""Of the golden items: right kernels return .98 and more of a top ten, wrong ones less than .1,
whatever the scores say; see docs/shipping.md."""


class Question(NamedTuple):
    """A history, and why it is asked."""

    name: str
    history: tuple[int, ...]
    given: dict[str, tuple[float, ...]] = {}  # noqa: RUF012 - nobody changes it
    """What stands beside the context, by input."""
    allowed: tuple[int, ...] | None = None
    """The items that may come back; None: all."""


def golden(
    path: Path,
    sha256: str,
    names: Sequence[str],
    filtered: bool,
    seed: int = SEED,
    *,
    features: Mapping[str, Mapping[str, Any]] | None = None,
) -> Golden:
    """Ask the file, and write its answers down.

    Args:
        names: the log's own id by index; index 0 is padding.
        filtered: whether clients take the history out of the answer.
        features: name of each further input -> what records say of its feature.

    Raises:
        ModelError: the runtime refuses the file, or it ranks other items than have names.
        StageError: it does not run, or a score is no finite number.
    """
    runner, plain = ModelRunner(path, features), FileScorer(path, len(names) - 1)
    asked = questions(runner, len(names) - 1, seed)
    contexts = np.stack([padded(one.history, runner.length) for one in asked])
    answers = [
        runner.answer(context, one.name, given=one.given, allowed=one.allowed)
        for context, one in zip(contexts, asked, strict=True)
    ]
    queries = [
        Features(runner.query(context, one.given, one.allowed))
        for context, one in zip(contexts, asked, strict=True)
    ]
    there = np.stack([answer.items for answer in answers]) > 0  # a filter may leave fewer
    reference = np.stack([plain.answer(query).scores for query in queries])[there]
    scores = np.stack([answer.scores for answer in answers])[there]
    spread, apart = float(np.ptp(scores)), float(np.abs(scores - reference).max())
    step = grid_step(scores)
    cases = tuple(
        _case(one, context, answer, filtered)
        for one, context, answer in zip(asked, contexts, answers, strict=True)
    )
    return Golden(
        model=sha256,
        backend=BACKEND,
        machine=f"{platform.system()} {platform.machine()}",
        versions={"ai-edge-litert": version("ai-edge-litert")},
        seed=seed,
        top=TOP,
        cases=cases,
        names=_some_names(names),
        tolerances=tolerances(spread, apart, step),
        measured={
            "score_spread": _short(spread),
            "plain_kernels_apart": _short(apart),
            "score_step": _short(step),
        },
    )


def questions(runner: ModelRunner, items: int, seed: int) -> tuple[Question, ...]:
    """Histories that an app meets, edge cases first; the same seed asks the same.

    Args:
        items: indices run from 1 to this.
    """
    draw, length = np.random.default_rng(seed), runner.length

    def some(count: int) -> tuple[int, ...]:
        return tuple(map(int, draw.integers(1, items + 1, count)))

    def best(history: Sequence[int], count: int) -> tuple[int, ...]:
        return tuple(map(int, runner.answer(padded(history, length)).items[:count]))

    one, full = some(1), some(length)
    edges = [
        Question("empty", ()),
        Question("one item", one),
        Question("the first item", (1,)),
        Question("the last item", (items,)),
        Question("one item again and again", one * length),
        Question("one short of full", some(max(1, length - 1))),
        Question("full", full),
        Question("one too many", some(length + 1)),
        Question("far too many", some(3 * length)),
        Question("holds its best items", (*one, *best(one, min(5, length)))),
        Question("touched its best items long ago", (*best(full, TOP), *full)),
        Question("touched all that is returned", (*best(full, runner.k), *full)),
    ]
    lengths = draw.integers(1, length + 1, CASES - len(edges))
    rest = [Question(f"{count} drawn", some(int(count))) for count in lengths]
    made = [one._replace(given=_given(runner, one, draw)) for one in (*edges, *rest)]
    if runner.told is not None:
        for at, count in enumerate((0, 1, 10, 100), start=len(edges)):
            few = sorted(map(int, draw.permutation(items)[:count] + 1))
            made[at] = made[at]._replace(name=f"{count} allowed", allowed=tuple(few))
    return tuple(made)


def _given(
    runner: ModelRunner, asked: Question, draw: np.random.Generator
) -> dict[str, tuple[float, ...]]:
    """What stands beside a context: ages from now to years ago, what a column's words and numbers
    can come to, small whole numbers else.
    """
    count, found = min(len(asked.history), runner.length), {}
    for tensor in runner.beside:
        if tensor.kind == "age_seconds":
            drawn = np.sort(10 ** draw.uniform(0, 8, count))[::-1].astype(int).tolist()
        elif tensor.words:
            drawn = draw.integers(1, len(tensor.words) + 2, count).tolist()
        elif tensor.scale is not None and tensor.scale.bins:
            drawn = draw.integers(1, tensor.scale.bins + 1, count).tolist()
        elif tensor.scale is not None:
            drawn = draw.random(count, np.float32).tolist()
        else:
            drawn = draw.integers(0, 2, count).tolist()
        found[tensor.name] = tuple([0] * (runner.length - count) + drawn)
    return found


def tolerances(spread: float, apart: float, step: float) -> dict[str, Tolerance]:
    """Backend -> how far its scores may lie from the golden ones.

    Args:
        spread: largest less smallest score of the answers.
        apart: largest difference of the plain kernels from XNNPACK, on this host.
        step: of quantized scores; 0 where they are floats.
    """
    found = {}
    for backend, share in LEAST_APART.items():
        steps = STEPS.get(backend, OTHER_STEPS)
        floor, measured = share * spread, SAFETY * apart
        why = f"the larger of {SAFETY:g} x {apart:.3g} and {share:g} x {spread:.3g}"
        if step:
            why += f", and {steps} x {step:.3g}"
        found[backend] = Tolerance(
            scores=max(floor, measured) + steps * step, overlap=OVERLAP, why=why
        )
    return found


def grid_step(scores: Scores) -> float:
    """The step of quantized scores, which lie on a grid; 0 where they lie on none.

    Args:
        scores: float32, of any shape.
    """
    values = np.unique(scores).astype(np.float64)
    if len(values) < 2 or len(values) > MOST_LEVELS:
        return 0.0
    step = float(np.diff(values).min())
    places = (values - values[0]) / step
    on_grid = np.abs(places - np.rint(places)).max() < OFF_GRID and places[-1] < MOST_LEVELS
    return step if on_grid else 0.0


def _short(value: float) -> float:
    """A float32 in the fewest digits that tell it from others."""
    return float(str(np.float32(value)))


def _case(asked: Question, context: Ids, answer: Answer, filtered: bool) -> Case:
    seen = {0, *asked.history} if filtered else {0}
    places = [at for at, item in enumerate(answer.items.tolist()) if item not in seen][:TOP]
    deep = max(DEEP, 1 + max(places, default=0))
    return Case(
        name=asked.name,
        history=asked.history,
        context=tuple(context.tolist()),
        items=tuple(answer.items[:deep].tolist()),
        scores=tuple(map(_short, answer.scores[:deep])),
        recommended=tuple(places),
        given=asked.given,
        allowed=asked.allowed,
    )


def _some_names(names: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """The first, the last and those between, evenly; index 0 is no item."""
    last = len(names) - 1
    spread = {1 + step * (last - 1) // (NAMED - 1) for step in range(NAMED)}
    return tuple((item, names[item]) for item in sorted(spread))
