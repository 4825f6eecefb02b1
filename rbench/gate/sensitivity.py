"""Sensitivity: how small a loss of quality a run's users can show, over all its files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.cells.recipe import PLAIN
from rbench.gate.against import models_of
from rbench.metrics.found import gains
from rbench.records import Run
from rbench.records.artefacts import read_ranks
from rbench.stats import ALPHA, POWER, minimum_detectable_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Sensitivity(NamedTuple):
    """What a run's users can show."""

    metric: str
    users: int
    loss: float | None
    """The smallest loss, as a share; None: there is nothing to lose."""
    pair: str
    """The two models that differ most for their users, so that the others show more."""
    alpha: float
    power: float

    @property
    def sentence(self) -> str:
        """For a line of text, e.g. ``users=610: a loss of ndcg@10 below 4.1 % cannot be seen``."""
        if self.loss is None:
            return f"users={self.users}: nobody gains any {self.metric}, so no loss can be seen"
        return (
            f"users={self.users}: a loss of {self.metric} below {100 * self.loss:.1f} % "
            f"cannot be seen ({self.power:.0%} power)"
        )


def sensitivity(
    run: Run, metric: str = "ndcg@10", alpha: float = ALPHA, power: float = POWER
) -> Sensitivity | None:
    """The minimum detectable loss of a run's users, for every one of its files.

    Each file is paired with the float32 file of its encoder and seed: the pair that compression
    is judged by. The largest of the pairs' minimum detectable losses is taken.

    Returns:
        None where no file has ranks that tell the metric.
    """
    found = [
        Sensitivity(
            metric,
            len(before),
            minimum_detectable_loss(before, after, alpha, power),
            pair,
            alpha,
            power,
        )
        for pair, before, after in _pairs(run, metric)
    ]
    return max(found, key=lambda one: math.inf if one.loss is None else one.loss, default=None)


def _pairs(run: Run, metric: str) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """(names, gains of the reference, gains of the other) of every file but the references; a
    file without a reference, as the reference itself, is held to its own ranks.
    """
    told: dict[str, NDArray[Any]] = {}
    references: dict[str, str] = {}
    for made in models_of(run):
        ranks = read_ranks(run, made.quality).values
        gained = None if ranks is None else gains(metric, ranks)
        if gained is None:
            continue
        told[made.subject] = gained
        cell = made.record.cell
        own = f"{cell.encoder} x {cell.recipe}"
        references[made.subject] = f"{cell.encoder} x {PLAIN}" + made.subject.removeprefix(own)
    for subject, after in told.items():
        before = told.get(references[subject])
        if before is None or len(before) != len(after):
            before = after
        yield f"{subject} beside {references[subject]}", before, after
