"""``dynamic_wi8``: int8 weights by tf.lite, activations quantized while running."""

from __future__ import annotations

from typing import Any

from rbench.recipes.scheme import Converted, Grid, Scheme, Source


class DynamicInt8(Scheme):
    """tf.lite's dynamic range quantization.

    It leaves in float32 what is added, as a table of positions is: that is packed afterwards.
    """

    def convert(self, source: Source) -> Converted:
        from rbench.convert.packing import pack_weights

        model = source.by_tflite(_optimized)
        pack_weights(model, self.weight_bits, dynamic=True)
        return Converted(model, "tf.lite")


def _optimized(converter: Any) -> None:
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]


SCHEME = DynamicInt8(
    name="dynamic_wi8",
    meaning="int8 weights, activations quantized while running",
    quantizer="tf.lite",
    weights="int8",
    arithmetic="int8 where kernels have it, ranges found while running",
    granularity="each output of a matrix; the item table has one",
    weight_bits=8,
    activation_bits=8,
    by_default=True,
    place=30,
    grid=Grid(8),
    tolerance=0.1,
)
