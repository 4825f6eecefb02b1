"""Scales for few bits: blocks of neighbours, and a range that cuts off the largest numbers.

Importing this module imports TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from rbench.compress.places import Floats

BLOCK = 32
"""Numbers that share a scale in a 4-bit item table, as `rbench.convert` packs it."""
TINIEST = 2.0**-14
"""The smallest scale: scales of blocks are float16 in the file."""
LIMITS = np.linspace(0.2, 1.0, 33)
"""Ranges that are tried, relative to the largest number."""


def in_blocks(weight: Any, bits: int, block: int) -> Any:
    """A weight rounded to the grid of each block of its rows; its shape is kept.

    A block's scale is its largest number over 7 (at 4 bits), in bfloat16: XNNPACK keeps no more of
    it, so the packer rounds it to that, and finds this very grid again.
    """
    most = 2 ** (bits - 1) - 1
    rows = tf.reshape(weight, [-1, block])
    largest = tf.reduce_max(tf.abs(rows), axis=1, keepdims=True) / most
    scale = tf.maximum(tf.cast(tf.cast(largest, tf.bfloat16), tf.float32), TINIEST)
    return tf.reshape(tf.clip_by_value(tf.round(rows / scale), -most, most) * scale, weight.shape)


def in_halves(weight: Any) -> Any:
    """A weight rounded to -3, -1, 1 or 3 halves of one scale, its standard deviation; its shape is
    kept. For numbers that are normal that scale loses least.
    """
    scale = tf.maximum(tf.math.reduce_std(weight), TINIEST)
    return (tf.clip_by_value(tf.floor(weight / scale), -2.0, 1.0) + 0.5) * scale


def best_limit(weight: Floats, bits: int) -> float:
    """The largest number that one scale for all should still hold: least squared error."""
    most, largest = 2 ** (bits - 1) - 1, float(np.abs(weight).max()) or 1.0

    def loss(share: float) -> float:
        scale = share * largest / most
        rounded = np.clip(np.rint(weight / scale), -most, most) * scale
        return float(((rounded - weight) ** 2).sum())

    return largest * float(min(LIMITS, key=loss))
