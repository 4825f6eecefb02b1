"""The part of training that talks to TensorFlow: one compiled step, deterministic by seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids, ItemFeatures
from rbench.encoding import Encoder, ModelSettings
from rbench.errors import StageError
from rbench.features import Feature, Features
from rbench.graph.model import ITEM_TABLE, Weights, get_weights, set_weights
from rbench.losses import Hidden, Loss
from rbench.train.item_rows import ItemRows
from rbench.train.windows import Batch

EPSILON = 1e-8
"""Adam's, as in Kingma and Ba 2015: Keras's own, ten times as much, slows what is seldom met."""
SEEDS_APART = 1_000_003
"""Epochs' seeds are ``seed * SEEDS_APART + epoch``."""


class Learner:
    """A model in training.

    One thread computes: results do not depend on the machine's cores, and a sweep fills the cores
    with trainings side by side.

    Args:
        draw: `rbench.graph.model.training_model`, or one that draws the same inputs and outputs.
        item_features: what items share, learnt with their rows.
        plain: by gradient descent alone instead of Adam.
    """

    def __init__(
        self,
        draw: Callable[..., Any],
        encoder: Encoder,
        settings: ModelSettings,
        items: int,
        *,
        loss: Loss,
        dropout: float,
        learning_rate: float,
        beta_2: float,
        seed: int,
        features: Sequence[Feature] = (),
        item_features: ItemFeatures | None = None,
        plain: bool = False,
    ) -> None:
        import tensorflow as tf
        import tf_keras

        tf_keras.backend.clear_session()
        tf_keras.utils.set_random_seed(seed)
        tf_keras.backend.experimental.enable_tf_random_generator()
        self.seed = seed
        self.model = draw(encoder, settings, items, dropout, features)
        self.optimizer = (
            tf_keras.optimizers.SGD(learning_rate)
            if plain
            else tf_keras.optimizers.Adam(learning_rate, beta_2=beta_2, epsilon=EPSILON)
        )
        variables = self.model.trainable_variables
        table = self.model.get_layer(ITEM_TABLE).weights[0] if item_features else None
        rows = ItemRows(table, item_features) if item_features else None
        self.rows, learning_variables = rows, rows.parts(variables) if rows else variables
        self.optimizer.build(learning_variables)

        # One graph for all numbers of places.
        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def step(inputs: Any, places: Any, targets: Any, weights: Any, had: Any) -> Any:
            with tf.GradientTape() as tape:
                vectors, table = self.model(inputs, training=True)
                learning = tf.gather(tf.reshape(vectors, [-1, settings.width]), places)
                hidden = None if had is None else Hidden(places, had, settings.length)
                found = loss.of(learning, table, targets, weights, hidden)
                if found.shape.rank != 0:
                    raise StageError(f"the loss has the shape {found.shape}", allowed="one number")
            gradients = tape.gradient(found, variables)
            # Dense gradients: Adam's way with sparse ones costs more at these catalogues.
            dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
            if rows:
                dense = rows.gradients(variables, dense)
            self.optimizer.apply_gradients(zip(dense, learning_variables, strict=True))
            if rows:
                rows.fold()
            return found

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def score(contexts: Any) -> Any:
            vectors, table = self.model(contexts, training=False)
            return tf.matmul(vectors[:, -1, :], table, transpose_b=True)

        self._step, self._score = step, score

    def step(self, batch: Batch) -> float:
        """Learn from one batch; its loss, of a softmax in nats."""
        return float(self._step(*batch))

    def set_learning_rate(self, size: float) -> None:
        """Adam's, from the next step on."""
        self.optimizer.learning_rate.assign(size)

    def score(self, contexts: Features | Ids) -> NDArray[np.float32]:
        """Inputs of ``n`` queries, or contexts int32 ``(n, length)`` alone -> scores float32
        ``(n, items)``.
        """
        return np.asarray(self._score(Features.of(contexts).arrays))

    def reseed(self, epoch: int) -> None:
        """Start dropout's randomness of an epoch, whatever was drawn before."""
        for number, layer in enumerate(self.model.layers):
            generator = getattr(getattr(layer, "_random_generator", None), "_generator", None)
            if generator is not None:
                generator.reset_from_seed((self.seed * SEEDS_APART + epoch) * 1000 + number)

    def weights(self) -> Weights:
        """A copy of the weights."""
        found = {name: np.array(value) for name, value in get_weights(self.model).items()}
        return found | self.rows.weights() if self.rows else found

    def start_from(self, weights: Weights) -> None:
        """Put these in place of what was drawn."""
        found = self.weights() | weights
        set_weights(self.model, found)
        if self.rows:
            self.rows.start_from(weights, found[f"{ITEM_TABLE}/0"])

    def optimizer_state(self) -> dict[str, NDArray[Any]]:
        """A copy of what the optimizer remembers."""
        return {str(n): np.array(value) for n, value in enumerate(self.optimizer.variables)}

    def restore(self, weights: Weights, optimizer: dict[str, NDArray[Any]]) -> None:
        """Go back to an earlier standing."""
        set_weights(self.model, weights)
        if self.rows:
            self.rows.start_from(weights, weights[f"{ITEM_TABLE}/0"])
        for number, variable in enumerate(self.optimizer.variables):
            variable.assign(optimizer[str(number)])
