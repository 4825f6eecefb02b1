"""``cluster16``: each layer's weights share few values."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.recipes.compression import Compression, Given, Method


@dataclass(frozen=True, kw_only=True, eq=False)
class Cluster(Compression):
    """Weight clustering, see `rbench.compress.clustering`."""

    clusters: int

    def method(self, given: Given) -> Method:
        from rbench.compress.clustering import Clustering

        return Clustering(self.clusters)


CLUSTER16 = Cluster(
    word="cluster16",
    step=10,
    place=40,
    meaning="each layer's weights share 16 values",
    brief="16 values a tensor",
    leaves="clusters",
    stored_in_full=True,
    clusters=16,
)
