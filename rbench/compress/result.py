"""What a compression leaves behind."""

from __future__ import annotations

import msgspec

REFERENCE = "reference.npz"
"""File in the artefact's folder: int32 ``contexts`` (n, length) from test users and the Keras
model's float32 ``scores`` (n, items) for them, item ids 1..items; parity is measured on it."""
GIVEN = "given_"
"""Before the name of a further input of these contexts, an array ``(n, length)`` of that file."""
RANGES = "ranges.npz"
"""File in the artefact's folder, where training learnt ranges of activations: layer's name ->
float32 ``(2,)``, the least and the largest number of its output."""


class Compressed(msgspec.Struct, frozen=True, kw_only=True):
    """A Keras model ready to convert. Its weights lie beside it, as those of a training do."""

    compression: str
    """`rbench.cells.recipe.Recipe.compression` of the recipes that this serves; "" for none."""
    parameters: int
    validation: dict[str, float] = {}
    """Validation scores after fine-tuning; those of the training where there was none."""
    details: dict[str, float] = {}
    """E.g. share of zeros reached."""
