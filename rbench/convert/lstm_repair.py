"""Two repairs to what tf.lite's converter makes of a fused LSTM. Other files pass unchanged.

**The cell state's scale.** The int8 kernel's tanh of the cell state is compiled for scales of
2^-15 to 2^-9, ranges of 1 to 64. At any other it returns without writing its output, and the file
answers every context alike. The converter picks the power of two that just holds what
calibration saw: less than 2^-15 for a cell state that stays under one half, as after little
training. The nearest scale that is served does: it wastes a few of int16's steps, and beyond 64
tanh is 1. No constant depends on this scale, so it alone is changed.

**The states' first values.** Variable tensors start at zero, yet the converter leaves a buffer of
values for each that nothing refers to, after quantization with whatever memory held. They are
blanked: the same model shall give the same bytes.

Source: tensorflow/lite/kernels/internal/reference/portable_tensor_utils.cc, PortableApplyTanh.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

SERVED = 2.0**-15, 2.0**-9
"""Smallest and largest scale of the cell state that the kernel serves."""
CELL_STATE = 19
"""Place of the cell state among the inputs of UNIDIRECTIONAL_SEQUENCE_LSTM."""


def repaired(content: bytes) -> bytes:
    """The same .tflite, with sound cell states and blank first values."""
    from ai_edge_litert import schema_py_generated as schema

    changed = bytearray(content)  # what is read below are views into it
    model = schema.Model.GetRootAs(changed, 0)
    graphs = list(_each(model.Subgraphs, model.SubgraphsLength()))
    lstm = schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
    for graph in graphs:
        for operator in _each(graph.Operators, graph.OperatorsLength()):
            if model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode() == lstm:
                cell = graph.Tensors(operator.Inputs(CELL_STATE))
                if cell.Type() == schema.TensorType.INT16:
                    scale = cell.Quantization().ScaleAsNumpy()
                    scale[:] = np.clip(scale, *SERVED)
    tensors = (t for graph in graphs for t in _each(graph.Tensors, graph.TensorsLength()))
    metadata = _each(model.Metadata, model.MetadataLength())
    used = {holder.Buffer() for holder in (*tensors, *metadata)}
    for number, buffer in enumerate(_each(model.Buffers, model.BuffersLength())):
        if number not in used and buffer.DataLength():
            buffer.DataAsNumpy()[:] = 0
    return bytes(changed)


def _each(get: Any, count: int) -> Iterator[Any]:
    return map(get, range(count))
