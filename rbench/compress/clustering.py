"""Weight clustering by TFMOT: every tensor keeps few values, which are trained.

The file stays as large, since the values are stored in full; what packs it finds 4 bits a number
where there are 16 values. Weights find their clusters whenever they are read.

Source: TFMOT 0.8.1, ``tfmot.clustering.keras``; Han et al. 2016, "Deep Compression". Importing this
module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow_model_optimization as tfmot

from rbench.compress.places import Floats, Weight, wrapped
from rbench.graph.model import Weights
from rbench.recipes.compression import Method


class Clustering(Method):
    """`tfmot.clustering.keras`'s wrappers around every compressed layer.

    Args:
        clusters: values that a tensor keeps.
    """

    def __init__(self, clusters: int) -> None:
        self.clusters = clusters
        self.model: Any = None

    def wrap(self, model: Any, steps: int) -> Any:
        self.model = wrapped(model, self._around)
        return self.model

    def stripped(self) -> Weights:
        found: Weights = {}
        for layer in self.model.layers:
            found.update(_clustered(layer) if _is_wrapper(layer) else _plain(layer))
        return found

    def reached(self) -> bool:
        return all(len(np.unique(tensor)) <= self.clusters for tensor in self._tensors())

    def details(self) -> dict[str, float]:
        distinct = [len(np.unique(tensor)) for tensor in self._tensors()]
        return {
            "distinct_most": float(max(distinct)),
            "clustered_tensors": float(len(distinct)),
        }

    def _around(self, layer: Any, found: list[Weight]) -> Any:
        return tfmot.clustering.keras.cluster_weights(
            layer,
            number_of_clusters=self.clusters,
            cluster_centroids_init=tfmot.clustering.keras.CentroidInitialization.KMEANS_PLUS_PLUS,
        )

    def _tensors(self) -> list[Floats]:
        weights = self.stripped()
        return [
            weights[f"{layer.layer.name}/{index}"]
            for layer in self.model.layers
            if _is_wrapper(layer)
            for index in layer.position_original_weights
        ]


def _is_wrapper(layer: Any) -> bool:
    return hasattr(layer, "position_original_weights")


def _plain(layer: Any) -> Weights:
    return {f"{layer.name}/{index}": np.array(weight) for index, weight in enumerate(layer.weights)}


def _clustered(wrapper: Any) -> Weights:
    """TFMOT's own stripping draws layers anew from their configuration, in which a constraint that
    is a plain function gets lost.
    """
    wrapper.update_clustered_weights_associations()
    values = [np.array(weight) for weight in wrapper.layer.weights]
    for position, name in sorted(wrapper.position_original_weights.items()):
        values.insert(position, np.array(wrapper.get_weight_from_layer(name)))
    return {f"{wrapper.layer.name}/{index}": value for index, value in enumerate(values)}
