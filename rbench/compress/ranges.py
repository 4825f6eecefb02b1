"""Ranges of activations: which layers have one, how training learns it, how it lies on disk.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras

from rbench.layers import CausalBias, Mask, Masked, Scores

DECAY = 0.98
"""Of the moving range. TFMOT's .999 would need thousands of steps; fine-tuning is short."""
COMPUTING = (
    tf_keras.layers.Dense,
    tf_keras.layers.Conv2D,
    tf_keras.layers.Add,
    tf_keras.layers.Dot,
    tf_keras.layers.Softmax,
    tf_keras.layers.Rescaling,
    tf_keras.layers.LayerNormalization,
    Mask,
    Masked,
    CausalBias,
    Scores,
)
"""Layers whose output has a range of its own; others move numbers, or are left in float."""


def computes(layer: Any) -> bool:
    """Whether the layer's output has a range of its own."""
    return isinstance(layer, COMPUTING)


class MovingRange(tfmot.quantization.keras.quantizers.Quantizer):  # type: ignore[misc]
    """8 bits within a moving average of each batch's least and largest number; it starts at the
    first batch's, where TFMOT's ``MovingAverageQuantizer`` starts at -6 to 6.
    """

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        return {
            f"{end}_var": layer.add_weight(
                f"{name}_{end}", shape=(), initializer="zeros", trainable=False
            )
            for end in ("min", "max")
        }

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def __call__(self, inputs: Any, training: bool, weights: dict[str, Any], **options: Any) -> Any:
        low, high = weights["min_var"], weights["max_var"]
        if training:
            fresh = tf.equal(low, high)
            for variable, now in (
                (low, tf.minimum(tf.reduce_min(inputs), 0.0)),
                (high, tf.maximum(tf.reduce_max(inputs), 0.0)),
            ):
                moved = DECAY * variable + (1 - DECAY) * now
                variable.assign(tf.where(fresh, now, moved))
        return tf.quantization.fake_quant_with_min_max_vars(inputs, low, high, num_bits=8)

    def get_config(self) -> dict[str, Any]:
        return {}
