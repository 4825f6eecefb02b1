"""Which weights are compressed: matrices and filters of Dense, Conv2D, recurrent layers and tables.

Biases and norms are left alone: there are few of them, and each one counts. So are curves over age,
as in a bag of words, and a filter or matrix with one output only: a few numbers, none of which
could be spared and whose zeros save nothing.

A recurrent layer keeps the matrices of its gates side by side in one weight. Files hold them one by
one, so each gate is a part of its own here. The runtime stores a weight with its outputs first:
``(in, out)`` becomes ``(out, in)``, a filter ``(out, height, width, in)``; tables stay as they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Layer = Any
Floats = NDArray[np.float32]


class Weight(NamedTuple):
    """One weight of a layer that compression changes."""

    holder: Any
    """The object whose attribute it is: the layer, or its cell."""
    attribute: str
    position: int
    """Weight among the layer's weights; ``layer/position`` is its name."""
    parts: int
    """Gates side by side along the last axis; 1 for all but recurrent layers."""
    table: bool
    """Whether the last axis of the weight is also the last one in the file."""


def places(layer: Layer, *, ages: bool = False) -> list[Weight]:
    """The compressed weights of a built layer; none for most layers.

    Args:
        ages: whether those with one output only are among them.
    """
    from tf_keras import layers

    if isinstance(layer, layers.RNN):
        cell = layer.cell
        found = [(cell, name) for name in ("kernel", "recurrent_kernel") if hasattr(cell, name)]
        units = getattr(cell, "units", 0)
    elif isinstance(layer, layers.Embedding):
        found, units = [(layer, "embeddings")], 0
    elif isinstance(layer, layers.Dense | layers.Conv2D):
        found, units = [(layer, "kernel")], 0
    else:
        return []
    return [
        Weight(
            holder,
            attribute,
            next(n for n, w in enumerate(layer.weights) if w is getattr(holder, attribute)),
            getattr(holder, attribute).shape[-1] // units if units else 1,
            isinstance(layer, layers.Embedding),
        )
        for holder, attribute in found
        if ages or getattr(holder, attribute).shape[-1] > 1
    ]


def parts(weight: Floats, place: Weight) -> list[Floats]:
    """A weight's gates, each as the file has it: outputs first, inputs last."""
    found = np.split(np.asarray(weight), place.parts, axis=-1)
    return found if place.table else [np.moveaxis(part, -1, 0) for part in found]


def wrapped(model: Any, wrap: Any) -> Any:
    """The same graph of the same layers, with ``wrap(layer, places)`` around compressed ones."""
    import tf_keras

    def each(layer: Layer) -> Layer:
        found = places(layer)
        return wrap(layer, found) if found else layer

    return tf_keras.models.clone_model(model, clone_function=each)
