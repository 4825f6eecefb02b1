"""LSTM and GRU written out step by step, in plain operators that delegates take.

They are the stock layers with another ``call``: the same weights under the same names, so a model
trained with one is exported with the other. The projection of the inputs is done once for all
steps. The recurrent products are as few and as large as the equations allow, since a delegate's
price for a node is that of thousands of multiplications. The first step, whose state is zero, has
none, unless it is given one: then a single step is what a tap needs.
Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tf_keras import layers

Tensor = Any


class StepwiseLSTM(layers.LSTM):  # type: ignore[misc]
    """``(batch, length, width)`` -> the last state ``(batch, units)``; with ``return_state`` also
    what goes into the next step, as in Keras. Source: Keras's LSTMCell.
    """

    def call(self, inputs: Tensor, initial_state: Any = None, **unused: Any) -> Tensor:
        inputs, state, cell = _given(inputs, initial_state, 2)
        for projected in _projected(inputs, self.cell.kernel, self.cell.bias):
            gates = projected
            if state is not None:
                gates = projected + tf.matmul(state, self.cell.recurrent_kernel)
            enter, keep, candidate, leave = tf.split(gates, 4, axis=1)
            new = tf.sigmoid(enter) * tf.tanh(candidate)
            cell = new if cell is None else tf.sigmoid(keep) * cell + new
            state = tf.sigmoid(leave) * tf.tanh(cell)
        return [state, state, cell] if self.return_state else state


class StepwiseGRU(layers.GRU):  # type: ignore[misc]
    """``(batch, length, width)`` -> the last state ``(batch, units)``. Source: Keras's GRUCell with
    ``reset_after``.

    The gates' two biases are one; that of the candidate's product stays apart, since the reset
    gate stands between it and the other. Like the other, it may begin with a state.
    """

    def call(self, inputs: Tensor, initial_state: Any = None, **unused: Any) -> Tensor:
        inputs, state = _given(inputs, initial_state, 1)
        two = [2 * self.units, self.units]
        before, after = (tf.split(bias, two) for bias in tf.unstack(self.cell.bias))
        from_input = tf.split(self.cell.kernel, two, axis=1)
        from_state = tf.split(self.cell.recurrent_kernel, two, axis=1)
        for projected, candidate in zip(
            _projected(inputs, from_input[0], before[0] + after[0]),
            _projected(inputs, from_input[1], before[1]),
            strict=True,
        ):
            gates, own = projected, after[1]
            if state is not None:
                gates = projected + tf.matmul(state, from_state[0])
                own = tf.nn.bias_add(tf.matmul(state, from_state[1]), own)
            keep, reset = tf.split(tf.sigmoid(gates), 2, axis=1)
            new = tf.tanh(candidate + reset * own)
            state = new - keep * new if state is None else new + keep * (state - new)
        return state


def _given(inputs: Any, states: Any, count: int) -> list[Tensor]:
    """The inputs and so many states; Keras hands them over together while it draws a graph, and
    apart where it runs one. None each where there are none.
    """
    if isinstance(inputs, list | tuple):
        return list(inputs)
    return [inputs, *(states or [None] * count)]


def _projected(inputs: Tensor, matrix: Tensor, bias: Tensor) -> list[Tensor]:
    """Per step: float32 ``(batch, outputs)``, all steps in one product."""
    length, width = inputs.shape[1:]
    every = tf.nn.bias_add(tf.matmul(tf.reshape(inputs, [-1, width]), matrix), bias)
    return tf.unstack(tf.reshape(every, [-1, length, matrix.shape[-1]]), axis=1)  # type: ignore[no-any-return]
