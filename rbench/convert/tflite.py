"""Conversion by TensorFlow Lite's own converter. Importing this module imports TensorFlow."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

import tensorflow as tf

from rbench.cells.recipe import Scheme
from rbench.convert.export import Recommender
from rbench.convert.lstm_repair import repaired
from rbench.convert.result import INPUT, SIGNATURE
from rbench.data.dataset import Ids
from rbench.errors import StageError

LAST_WORDS = 400
"""Characters of the converter's message that go into a record; the log has all."""
COMPLAINT = re.compile(r"error: (?:loc\(.*\): )?(.+)")
"""The first of MLIR's complaints, without the place in its intermediate program."""


LEARNT: Final = "learnt"
"""Instead of a scheme: the graph itself says, by fake quantization, what is quantized and how."""


def convert_with_tflite(
    scheme: Scheme | Literal["learnt"], recommender: Recommender, contexts: Ids
) -> bytes:
    """A .tflite of builtin operators.

    Args:
        scheme: one of `_SCHEMES`; tf.lite has no other. Or `LEARNT`.
        contexts: int32 ``(n, length)`` to calibrate static schemes on.

    Raises:
        StageError: it gave up.
    """
    with tempfile.TemporaryDirectory() as place:
        recommender.save(Path(place))
        converter = tf.lite.TFLiteConverter.from_saved_model(place, signature_keys=[SIGNATURE])
        _SCHEMES[scheme](converter, contexts)
        try:
            return repaired(bytes(converter.convert()))
        except Exception as error:  # the converter raises whatever its passes raise
            complaint = COMPLAINT.search(str(error))
            said = " ".join((complaint[1] if complaint else str(error)).split())
            raise StageError(f"tf.lite's converter: {said[:LAST_WORDS]}") from error


def _float32(converter: Any, contexts: Ids) -> None:
    """Leave everything as it is."""


def _float16(converter: Any, contexts: Ids) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _dynamic_wi8(converter: Any, contexts: Ids) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _static_wi8_ai8(converter: Any, contexts: Ids) -> None:
    # Nothing else: an operator without an int8 kernel is an error, never silently float.
    _calibrated(converter, contexts, tf.lite.OpsSet.TFLITE_BUILTINS_INT8)


def _static_wi8_ai16(converter: Any, contexts: Ids) -> None:
    # CAST and TOPK_V2 have no int16 kernel: the mask enters and the scores are ranked as floats.
    of_int16 = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    _calibrated(converter, contexts, of_int16, tf.lite.OpsSet.TFLITE_BUILTINS)


def _calibrated(converter: Any, contexts: Ids, *kernels: Any) -> None:
    def representative() -> Iterator[tuple[str, dict[str, Any]]]:
        for context in contexts:
            yield SIGNATURE, {INPUT: context[None, :]}

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = list(kernels)


def _learnt(converter: Any, contexts: Ids) -> None:
    # What has no range, as the inside of a norm, stays float between two that have.
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


_SCHEMES: dict[str, Callable[[Any, Ids], None]] = {
    LEARNT: _learnt,
    "float32": _float32,
    "float16": _float16,
    "dynamic_wi8": _dynamic_wi8,
    "static_wi8_ai8": _static_wi8_ai8,
    "static_wi8_ai16": _static_wi8_ai16,
}
