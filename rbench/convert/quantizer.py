"""Quantization by ai-edge-quantizer, where its file is the better one: see docs/recipes.md."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rbench.convert.result import INPUT, SIGNATURE
from rbench.data.dataset import Ids
from rbench.errors import StageError

Ranges = dict[str, dict[str, Any]]
"""Tensor -> ``min`` and ``max``, arrays of any shape."""


def quantize(content: bytes, recipe: str, contexts: Ids) -> bytes:
    """A float32 .tflite, quantized.

    Args:
        recipe: a function of ``ai_edge_quantizer.recipe`` that needs calibration.
        contexts: int32 ``(n, length)`` to calibrate on.

    Raises:
        StageError: it gave up.
    """
    from ai_edge_quantizer import quantizer
    from ai_edge_quantizer import recipe as recipes

    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        Path(file.name).write_bytes(content)
        try:
            made = quantizer.Quantizer(file.name, getattr(recipes, recipe)())
            return bytes(made.quantize(_ranges(made.calibrate, contexts)).quantized_model)
        except Exception as error:  # it raises whatever its steps raise
            said = " ".join(str(error).split())[:400]
            raise StageError(f"ai-edge-quantizer: {said}") from error


def _ranges(calibrate: Callable[[Any], Ranges], contexts: Ids) -> Ranges:
    """Least and largest number of every tensor over all contexts.

    One call over all of them gives a moving average of each context's extremes, which cuts off
    what lies beyond: of attention's ten best items 5 in 100 more are lost.
    """
    found: Ranges = {}
    for context in contexts:
        for tensor, seen in calibrate({SIGNATURE: [{INPUT: context[None]}]}).items():
            so_far = found.setdefault(tensor, dict(seen))
            for end, outer in (("min", np.minimum), ("max", np.maximum)):
                if end in seen:
                    so_far[end] = outer(so_far[end], seen[end])
    return found
