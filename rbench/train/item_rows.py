"""Item features learnt with the items: a row is the item's own and its values' vectors, added.

    table = own rows + (items x values) @ vectors

The graph knows the table alone. After every step it is put together anew, and the table's gradient
is that of its parts. So whatever reads weights (validation, fine-tuning, conversion) finds one
table, and nothing of this is in the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import ItemFeatures
from rbench.graph.model import Weights

OWN, VECTORS = "own_rows/0", "item_values/0"
"""Names of the parts among a training's weights."""


class ItemRows:
    """The parts of one table.

    Args:
        table: the Keras variable, ``(items, width)``.
    """

    def __init__(self, table: Any, features: ItemFeatures) -> None:
        import tensorflow as tf

        self.table = table
        self.own = tf.Variable(table, name="own_rows")
        shape = len(features.names), int(table.shape[1])
        self.vectors = tf.Variable(tf.zeros(shape), name="item_values")
        places = np.stack([features.rows(), features.values.values.astype(np.int64)], axis=1)
        self._shares = tf.SparseTensor(
            places, features.weights, (features.items, len(features.names))
        )

    def parts(self, variables: list[Any]) -> list[Any]:
        """What learns: in the table's place its parts."""
        return self._parted(variables, lambda _: [self.own, self.vectors], variables)

    def gradients(self, variables: list[Any], gradients: list[Any]) -> list[Any]:
        """Beside `parts`."""
        return self._parted(
            variables, lambda of_table: [of_table, self._of_values(of_table)], gradients
        )

    def fold(self) -> None:
        """Put the table together."""
        import tensorflow as tf

        of_values = tf.sparse.sparse_dense_matmul(self._shares, self.vectors)
        self.table.assign(self.own + of_values)

    def weights(self) -> Weights:
        """A copy of the parts."""
        return {OWN: np.array(self.own), VECTORS: np.array(self.vectors)}

    def start_from(self, weights: Weights, table: NDArray[np.float32]) -> None:
        """Take parts from weights, or a whole table where they have none."""
        self.own.assign(weights.get(OWN, table))
        if VECTORS in weights:
            self.vectors.assign(weights[VECTORS])

    def _of_values(self, of_table: Any) -> Any:
        import tensorflow as tf

        return tf.sparse.sparse_dense_matmul(self._shares, of_table, adjoint_a=True)

    def _parted(self, variables: list[Any], parts: Any, listed: list[Any]) -> list[Any]:
        found: list[Any] = []
        for variable, one in zip(variables, listed, strict=True):
            found += parts(one) if variable is self.table else [one]
        return found
