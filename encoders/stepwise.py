"""LSTM and GRU written out step by step, in plain operators that delegates take.

They are the stock layers with another ``call``: the same weights under the same names, so a model
trained with one is exported with the other. The projection of the inputs is done once for all
steps, each gate has a matrix of its own (no slicing between the products), and the first step,
whose state is zero, has no recurrent product. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tf_keras import layers

Tensor = Any


class StepwiseLSTM(layers.LSTM):  # type: ignore[misc]
    """``(batch, length, width)`` -> the last state ``(batch, units)``. Source: Keras's LSTMCell."""

    def call(self, inputs: Tensor, **unused: Any) -> Tensor:
        input_gate, forget_gate, candidate, output_gate = _projected(
            inputs, tf.split(self.cell.kernel, 4, axis=1), tf.split(self.cell.bias, 4)
        )
        recurrent = tf.split(self.cell.recurrent_kernel, 4, axis=1)
        state = cell = None
        for step in range(inputs.shape[1]):
            gates = input_gate[step], forget_gate[step], candidate[step], output_gate[step]
            if state is not None:
                gates = tuple(
                    gate + tf.matmul(state, matrix)
                    for gate, matrix in zip(gates, recurrent, strict=True)
                )
            new = tf.sigmoid(gates[0]) * tf.tanh(gates[2])
            cell = new if cell is None else tf.sigmoid(gates[1]) * cell + new
            state = tf.sigmoid(gates[3]) * tf.tanh(cell)
        return state


class StepwiseGRU(layers.GRU):  # type: ignore[misc]
    """``(batch, length, width)`` -> the last state ``(batch, units)``. Source: Keras's GRUCell with
    ``reset_after``.
    """

    def call(self, inputs: Tensor, **unused: Any) -> Tensor:
        before, after = tf.unstack(self.cell.bias)
        update, reset, candidate = _projected(
            inputs, tf.split(self.cell.kernel, 3, axis=1), tf.split(before, 3)
        )
        recurrent = tf.split(self.cell.recurrent_kernel, 3, axis=1)
        biases = tf.split(after, 3)
        state = None
        for step in range(inputs.shape[1]):
            own = biases
            if state is not None:
                own = [
                    tf.nn.bias_add(tf.matmul(state, matrix), bias)
                    for matrix, bias in zip(recurrent, biases, strict=True)
                ]
            keep = tf.sigmoid(update[step] + own[0])
            new = tf.tanh(candidate[step] + tf.sigmoid(reset[step] + own[1]) * own[2])
            state = new - keep * new if state is None else new + keep * (state - new)
        return state


def _projected(inputs: Tensor, matrices: list[Tensor], biases: list[Tensor]) -> list[list[Tensor]]:
    """Per gate, per step: float32 ``(batch, units)``, all steps in one product."""
    length, width = inputs.shape[1:]
    flat = tf.reshape(inputs, [-1, width])
    found = []
    for matrix, bias in zip(matrices, biases, strict=True):
        every = tf.nn.bias_add(tf.matmul(flat, matrix), bias)
        every = tf.reshape(every, [-1, length, matrix.shape[-1]])
        found.append(tf.unstack(every, axis=1))
    return found
