"""``static_wi8_ai16``: int8 weights, int16 activations, ranges from calibration."""

from __future__ import annotations

from typing import Any

from rbench.recipes.scheme import Configure, Converted, Scheme, Source

UNSERVED = "SQUARED_DIFFERENCE"
"""LiteRT lacks it in int16, and layer norms need it: ai-edge-quantizer leaves norms in float32."""


class StaticInt16(Scheme):
    """tf.lite's, and where a file has layer norms ai-edge-quantizer's."""

    def convert(self, source: Source) -> Converted:
        from rbench.convert.flatbuffer import op_names
        from rbench.convert.narrowing import narrow_item_table
        from rbench.convert.rewriting import share_and_tidy

        model, library = source.by_tflite(calibrated(source)), "tf.lite"
        if UNSERVED in op_names(model):
            from rbench.convert.quantizer import quantize

            model, library = source.by_tflite(), "ai-edge-quantizer"
            share_and_tidy(model)
            model = quantize(model, self.name, source.contexts)
        else:
            share_and_tidy(model)
        narrow_item_table(model)
        return Converted(model, library)


def calibrated(source: Source) -> Configure:
    """Set up tf.lite's converter."""

    def configure(converter: Any) -> None:
        import tensorflow as tf

        source.calibrate(converter)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        # CAST and TOPK_V2 have no int16 kernel: the mask enters, and scores are ranked, as floats.
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            tf.lite.OpsSet.TFLITE_BUILTINS,
        ]

    return configure


SCHEME = StaticInt16(
    name="static_wi8_ai16",
    meaning="int8 weights and int16 activations, ranges from calibration",
    quantizer="tf.lite, with layer norms ai-edge-quantizer; the item table by rbench",
    weights="int8",
    arithmetic="int16, ranges from calibration",
    granularity="each output of a matrix; every activation and the item table have one",
    weight_bits=8,
    activation_bits=16,
    calibrated=True,
    place=60,
    refuses={
        "qat": "no fake quantization of 16 bits goes into the file: it is calibrated after "
        "training (tensorflow-model-optimization)",
    },
    refused_by={
        "xnnpack": "XNNPACK has no kernels for int16 activations: every lookup and every matrix "
        "product would run on the CPU's own (XNNPACK)",
    },
    lacks={
        "UNIDIRECTIONAL_SEQUENCE_LSTM": "tf.lite leaves a fused LSTM half in float beside int16 "
        "activations, and no kernel takes it; ai-edge-quantizer leaves all of it in float32: use "
        "the unrolled form (tf.lite, ai-edge-quantizer)",
    },
    tolerance=0.1,
)
