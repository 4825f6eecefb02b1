"""``float16``: half the bytes, the same answers."""

from __future__ import annotations

from typing import Any

from rbench.recipes.scheme import Converted, Scheme, Source


class Float16(Scheme):
    """tf.lite's weights of 16 bits."""

    def convert(self, source: Source) -> Converted:
        return Converted(source.by_tflite(_halved), "tf.lite")


def _halved(converter: Any) -> None:
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


SCHEME = Float16(
    name="float16",
    meaning="weights stored as float16, computed in float32",
    quantizer="tf.lite",
    weights="float16, made float32 at load",
    arithmetic="float32",
    granularity="no scales",
    weight_bits=16,
    activation_bits=32,
    quantized=False,
    by_default=True,
    place=20,
    tolerance=0.01,
)
