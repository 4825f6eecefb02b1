"""A repair to what tf.lite's converter makes of a fused LSTM. Other files pass unchanged.

The int8 kernel's tanh of the cell state is compiled for scales of 2^-15 to 2^-9, ranges of 1 to 64.
At any other it returns without writing its output, and the file answers every context alike. The
converter picks the power of two that just holds what calibration saw: less than 2^-15 for a cell
state that stays under one half, as after little training. The nearest scale that is served does:
it wastes a few of int16's steps, and beyond 64 tanh is 1. No constant depends on this scale, so it
alone is changed.

Source: tensorflow/lite/kernels/internal/reference/portable_tensor_utils.cc, PortableApplyTanh.
"""

from __future__ import annotations

import numpy as np

from rbench.convert.flatbuffer import Model, op_name, type_name

LSTM = "UNIDIRECTIONAL_SEQUENCE_LSTM"
SERVED = 2.0**-15, 2.0**-9
"""Smallest and largest scale of the cell state that the kernel serves."""
CELL_STATE = 19
"""Place of the cell state among the inputs of UNIDIRECTIONAL_SEQUENCE_LSTM."""


def repair_cell_states(model: Model) -> None:
    """Give int16 cell states of fused LSTMs a scale that is served, in place."""
    for graph in model.subgraphs:
        for operator in graph.operators:
            if op_name(model, operator) != LSTM:
                continue
            cell = graph.tensors[int(operator.inputs[CELL_STATE])]
            if type_name(cell) == "INT16":
                scale = np.asarray(cell.quantization.scale, np.float32)
                cell.quantization.scale = np.clip(scale, *SERVED).astype(np.float32)
