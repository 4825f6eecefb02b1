"""Conversion by TensorFlow Lite's own converter. Importing this module imports TensorFlow."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from rbench.convert.export import Recommender
from rbench.convert.lstm_repair import repaired
from rbench.convert.result import INPUT, SIGNATURE
from rbench.data.dataset import Ids
from rbench.errors import StageError, Unsupported
from rbench.recipe import Scheme

LAST_WORDS = 400
"""Characters of the converter's message that go into a record; the log has all."""
COMPLAINT = re.compile(r"error: (?:loc\(.*\): )?(.+)")
"""The first of MLIR's complaints, without the place in its intermediate program."""


def convert_with_tflite(scheme: Scheme, recommender: Recommender, contexts: Ids) -> bytes:
    """A .tflite of builtin operators.

    Args:
        contexts: int32 ``(n, length)`` to calibrate static schemes on.

    Raises:
        Unsupported: tf.lite's converter has no such scheme.
        StageError: it gave up.
    """
    prepare = _SCHEMES.get(scheme)
    if prepare is None:
        raise Unsupported(f"rbench does not convert to {scheme} yet", allowed=", ".join(_SCHEMES))
    with tempfile.TemporaryDirectory() as place:
        recommender.save(Path(place))
        converter = tf.lite.TFLiteConverter.from_saved_model(place, signature_keys=[SIGNATURE])
        prepare(converter, contexts)
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
    def representative() -> Iterator[tuple[str, dict[str, Any]]]:
        for context in contexts:
            yield SIGNATURE, {INPUT: context[None, :]}

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    # Nothing else: an operator without an int8 kernel is an error, never silently float.
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


_SCHEMES: dict[Scheme, Callable[[Any, Ids], None]] = {
    "float32": _float32,
    "float16": _float16,
    "dynamic_wi8": _dynamic_wi8,
    "static_wi8_ai8": _static_wi8_ai8,
}
