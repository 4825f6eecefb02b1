"""``dynamic_wi8``: int8 weights by tf.lite, activations quantized while running."""

from __future__ import annotations

from typing import Any

from rbench.recipes.scheme import Converted, Grid, Scheme, Source


class DynamicInt8(Scheme):
    """tf.lite's dynamic range quantization."""

    def convert(self, source: Source) -> Converted:
        return Converted(source.by_tflite(_optimized), "tf.lite")


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
