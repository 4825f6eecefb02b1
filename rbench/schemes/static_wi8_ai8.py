"""``static_wi8_ai8``: integers alone, ranges from calibration or from training."""

from __future__ import annotations

from typing import Any

from rbench.recipes.scheme import Converted, Grid, Scheme, Source


class StaticInt8(Scheme):
    """tf.lite's full integer quantization, but for layer norms: a mean, a square and a root in int8
    each lose what the norm is for.
    """

    def convert(self, source: Source) -> Converted:
        from rbench.convert.norms import inside_norms

        def calibrated(converter: Any) -> None:
            import tensorflow as tf

            source.calibrate(converter)
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            # Nothing else: an operator without an int8 kernel is an error, never silently float.
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]

        if source.learnt:
            return Converted(source.by_tflite(_learnt), "tf.lite")
        return Converted(source.by_tflite(calibrated, in_float=inside_norms), "tf.lite")


def _learnt(converter: Any) -> None:
    """What has no range, as the inside of a norm, stays float between two that have."""
    import tensorflow as tf

    converter.optimizations = [tf.lite.Optimize.DEFAULT]


SCHEME = StaticInt8(
    name="static_wi8_ai8",
    meaning="int8 weights and int8 activations, ranges from calibration",
    quantizer="tf.lite",
    weights="int8",
    arithmetic="int8, ranges from calibration; layer norms float32",
    granularity="each output of a matrix; every activation and the item table have one",
    weight_bits=8,
    activation_bits=8,
    calibrated=True,
    by_default=True,
    place=50,
    grid=Grid(8, activations=8),
    tolerance=0.3,
)
