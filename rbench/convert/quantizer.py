"""Quantization by ai-edge-quantizer, where its file is the better one: see docs/recipes.md."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rbench.convert.flatbuffer import Model, op_name, pack, parse
from rbench.convert.norms import inside_norms
from rbench.data.dataset import Ids
from rbench.errors import StageError
from rbench.features import Features
from rbench.signatures import SIGNATURE

Ranges = dict[str, dict[str, Any]]
"""Tensor -> ``min`` and ``max``, arrays of any shape."""


def quantize(model: Model, recipe: str, contexts: Features | Ids) -> Model:
    """A float32 model, quantized, with layer norms and results left in float32.

    The library reads files and writes files, so this is written and read once more.

    Args:
        recipe: a function of ``ai_edge_quantizer.recipe`` that needs calibration.
        contexts: to calibrate on; int32 ``(n, length)`` where nothing stands beside them.

    Raises:
        StageError: it gave up.
    """
    from ai_edge_quantizer import quantizer
    from ai_edge_quantizer import recipe as recipes

    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        Path(file.name).write_bytes(pack(model))
        try:
            made = quantizer.Quantizer(file.name, getattr(recipes, recipe)())
            _leave_in_float(made, model)
            ranges = _ranges(made.calibrate, Features.of(contexts))
            done = made.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
            content = bytes(done.quantized_model)
        except Exception as error:  # it raises whatever its steps raise
            said = " ".join(str(error).split())[:400]
            raise StageError(f"ai-edge-quantizer: {said}") from error
    return parse(content)


def _leave_in_float(made: Any, model: Model) -> None:
    """Norms, since one of their operators has no integer kernel; and the scores that come out."""
    from ai_edge_quantizer import algorithm_manager, qtyping

    def leave(name: str, scope: str = ".*") -> None:
        kind = qtyping.TFLOperationName(name)
        algorithm = algorithm_manager.AlgorithmName.NO_QUANTIZE
        made.update_quantization_recipe(scope, kind, algorithm_key=algorithm)

    leave("OUTPUT")
    for graph in model.subgraphs:
        for operator in inside_norms(model, graph):
            result = graph.tensors[int(operator.outputs[0])].name.decode()
            leave(op_name(model, operator), rf"^{re.escape(result)};$")


def _ranges(calibrate: Callable[..., Ranges], contexts: Features) -> Ranges:
    """Least and largest number of every tensor over all contexts.

    One call over all of them gives a moving average of each context's extremes, which cuts off
    what lies beyond.
    """
    found: Ranges = {}
    for row in range(len(contexts)):
        queries = {SIGNATURE: [contexts.query(row)]}
        for tensor, seen in calibrate(queries, num_threads=1).items():
            so_far = found.setdefault(tensor, dict(seen))
            for end, outer in (("min", np.minimum), ("max", np.maximum)):
                if end in seen:
                    so_far[end] = outer(so_far[end], seen[end])
    return found
