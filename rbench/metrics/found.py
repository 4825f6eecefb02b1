"""Finding metrics by entry point, and asking them for gains by the names that records use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench import plugins
from rbench.errors import PluginError
from rbench.metrics.metric import ListMetric, Lists, Metric, RankMetric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rbench.metrics.metric import Gains

FIRST = ("recall", "ndcg", "mrr")
"""Families in the order in which records have them; others follow by name."""
HEADLINE = ("ndcg@10", "recall@10", "mrr")
"""The few that speak for a model, the first of them alone where there is room for one. Two runs are
compared by these: every further one would take its share of the chance of a false alarm."""
_FAMILY = re.compile(r"[a-z][a-z0-9_-]*")
_NAME = re.compile(r"([a-z][a-z0-9_-]*)(?:@([1-9][0-9]{0,5}))?")


class Measured(NamedTuple):
    """One number that is recorded: a metric at one of its cutoffs."""

    name: str
    """In records, e.g. ``ndcg@10``."""
    metric: Metric
    k: int
    """The cutoff; 0 where there is none."""

    @property
    def family(self) -> str:
        """The name that it is registered under."""
        return self.name.partition("@")[0]


def families() -> tuple[str, ...]:
    """The names of all installed metrics, ours first.

    Raises:
        PluginError: ours are not there: an installation that is older than its code.
    """
    installed = plugins.names(plugins.METRICS)
    for name in FIRST:
        if name not in installed:
            raise PluginError(
                f"rbench's own metric {name!r} is not registered",
                remedy="install rbench again: what it registers has changed",
            )
    return (*FIRST, *sorted({*installed} - {*FIRST}))


def sources() -> dict[str, str]:
    """Family -> hash of its code, of all installed metrics. Those that did not come with rbench are
    loaded and tried, so that a broken one shows before any work is done.

    Raises:
        PluginError: one cannot be loaded, or does not keep the contract.
    """
    found = {}
    for family in families():
        if not plugins.own(family, plugins.METRICS):
            _try(family)
        found[family] = plugins.source_hash(family, plugins.METRICS)
    return found


def metric(family: str) -> Metric:
    """The metric of that name.

    Raises:
        PluginError: it is not there, cannot be made, or is no metric.
    """
    made = plugins.instance(plugins.METRICS, family, Metric)
    if not _FAMILY.fullmatch(family):
        raise PluginError(
            f"metric {family!r} has a name that records cannot use",
            allowed="small letters, digits, - and _, a letter first",
        )
    if not isinstance(made, RankMetric | ListMetric):
        raise PluginError(
            f"metric {family!r} is neither of ranks nor of lists",
            allowed="a subclass of rbench.metrics.RankMetric or ListMetric",
        )
    if any(type(k) is not int or k < 1 for k in made.cutoffs) or (
        isinstance(made, ListMetric) and not made.cutoffs
    ):
        raise PluginError(
            f"metric {family!r} has the cutoffs {made.cutoffs!r}",
            allowed="whole numbers from 1, and at least one for a metric of lists",
        )
    return made


def measured(asked: Iterable[str] = ()) -> Iterator[Measured]:
    """Every number that an evaluation records, in the order of records.

    Args:
        asked: families; all that are installed unless given.

    Raises:
        PluginError: as for `metric`.
    """
    for family in asked or families():
        yield from _measured(family)


def names() -> tuple[str, ...]:
    """The names of all that is recorded, e.g. ``ndcg@10``."""
    return tuple(one.name for one in measured())


def gains(name: str, ranks: NDArray[Any]) -> Gains | None:
    """What every user gained by a metric as records name it, at any cutoff.

    Args:
        ranks: int ``(users,)``, as `RankMetric.gains` takes them.

    Returns:
        float64 ``(users,)``; None for a metric that is not installed, or that ranks do not tell.

    Raises:
        PluginError: the metric is installed and broken.
    """
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in families():
        return None
    made = metric(found[1])
    if not isinstance(made, RankMetric) or bool(made.cutoffs) != bool(found[2]):
        return None
    return gains_of(Measured(name, made, int(found[2] or 0)), ranks)


def gains_of(one: Measured, seen: NDArray[Any] | Lists) -> Gains:
    """What every user gained, checked.

    Args:
        seen: the ranks, or the top lists of a metric that looks at lists.

    Raises:
        PluginError: the metric raised something, or gave what no gains are.
    """
    import numpy as np

    made: Any = one.metric
    users = len(seen.items if isinstance(seen, Lists) else seen)
    with plugins.at_work(f"metric {one.name!r} failed"):
        found: Gains = np.asarray(made.gains(seen, one.k), dtype=np.float64)
    if found.shape != (users,):
        raise PluginError(f"metric {one.name!r} gave the shape {found.shape} for {users} users")
    if not ((found >= 0) & (found <= 1)).all():  # NaN is neither
        raise PluginError(
            f"metric {one.name!r} gave {found[~((found >= 0) & (found <= 1))][0]:g}",
            allowed="gains from 0 to 1",
        )
    return found


def label(name: str) -> str:
    """A recorded metric's name for people, e.g. ``NDCG@10``; as recorded if it is not installed."""
    family, at, k = name.partition("@")
    if family not in plugins.names(plugins.METRICS):
        return name
    try:
        shown = metric(family).label
    except PluginError:
        return name
    return f"{shown or family}{at}{k}"


def _measured(family: str) -> Iterator[Measured]:
    made = metric(family)
    if not made.cutoffs:
        yield Measured(family, made, 0)
    for k in made.cutoffs:
        yield Measured(f"{family}@{k}", made, k)


def _try(family: str) -> None:
    """One small computation."""
    import numpy as np

    for one in _measured(family):
        if isinstance(one.metric, RankMetric):
            gains_of(one, np.array([1, 2, 0, 7, 400], np.int32))
        else:
            items = np.tile(np.arange(1, one.k + 1, dtype=np.int32), (3, 1))
            items[1, one.k // 2 :] = 0
            items[2] = 0
            gains_of(one, Lists(items, np.arange(one.k + 2, dtype=np.int64)))
