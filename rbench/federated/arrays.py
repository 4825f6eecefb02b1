"""Weights as Flower's arrays, and back. Imports Flower."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from flwr.app import Array, ArrayRecord

from rbench.graph.model import Weights


def arrays_of(weights: Weights) -> dict[str, Array]:
    """By the same names."""
    return {name: Array(np.ascontiguousarray(one)) for name, one in weights.items()}


def weights_of(record: ArrayRecord | Mapping[str, Array]) -> Weights:
    """By the same names."""
    return {name: one.numpy() for name, one in record.items()}


def size_of(record: ArrayRecord | Mapping[str, Array]) -> int:
    """Bytes of the arrays in a message."""
    return sum(len(one.data) for one in record.values())
