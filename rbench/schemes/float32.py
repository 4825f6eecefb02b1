"""``float32``: as trained. All else is compared with it."""

from __future__ import annotations

from rbench.recipes.scheme import Converted, Scheme, Source


class Float32(Scheme):
    """tf.lite's file, as it comes."""

    def convert(self, source: Source) -> Converted:
        return Converted(source.by_tflite(), "tf.lite")


SCHEME = Float32(
    name="float32",
    meaning="nothing is quantized",
    quantizer="nobody",
    weights="float32",
    arithmetic="float32",
    granularity="no scales",
    weight_bits=32,
    activation_bits=32,
    quantized=False,
    by_default=True,
    place=10,
    tolerance=1e-4,
)
