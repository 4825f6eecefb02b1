"""Two files asked by the same users: how far the one's NDCG@10 is from the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.choose.numbers import NDCG
from rbench.metrics.found import gains
from rbench.records import Record, Run
from rbench.records.artefacts import read_ranks
from rbench.stats import ALPHA, paired_loss, significant

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Gain(NamedTuple):
    """A share of the other's mean that was gained (+) or lost (-), with its interval."""

    share: float
    low: float
    high: float

    @property
    def is_loss(self) -> bool:
        """Whether the interval shows one."""
        return significant((self.low, self.high)) == "below"


def gain(run: Run, record: Record, other: Record) -> Gain | None:
    """How far one file is from the other, both from the seed that was timed.

    None where the ranks of both are not there, or not of the same users.
    """
    if record.quality is None or other.quality is None or record.data != other.data:
        return None
    mine, theirs = (read_ranks(run, one.quality).values for one in (record, other))
    if mine is None or theirs is None:
        return None
    before, after = gains(NDCG, theirs), gains(NDCG, mine)
    return None if before is None or after is None else difference(before, after)


def difference(before: NDArray[Any], after: NDArray[Any]) -> Gain | None:
    """The share that the mean changed by, by the paired comparison that the gate judges a loss by,
    at the significance level of one question.

    Args:
        before: what each user gained, float64 (users,).
        after: what the same users gained by the other file.

    Returns:
        None where nobody gained anything before, or the users are not the same.
    """
    if len(before) != len(after) or not len(before) or before.mean() <= 0:
        return None
    lost = paired_loss(before, after)
    least, most = lost.interval(ALPHA)
    return Gain(0.0 - lost.share, 0.0 - most, 0.0 - least)
