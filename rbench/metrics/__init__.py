"""Metrics: what a user gained from a ranking, one file a metric, found by entry point.

Below the evaluation, the gate, comparisons and reports alike: a metric is computed here, from the
recorded ranks or top lists, and nowhere else. What a metric is made of is `RankMetric` and
`ListMetric`; `rbench.metrics.found` asks for any of them by its name in records.
"""

from rbench.metrics.metric import ListMetric, Lists, Metric, RankMetric

__all__ = ["ListMetric", "Lists", "Metric", "RankMetric"]
