"""What a conversion leaves behind."""

from __future__ import annotations

from typing import Any

import msgspec

from rbench import features

MODEL = "model.tflite"
LOG = "convert.log"
"""Files in the artefact's folder: the model, and all that was said on file descriptors 1 and 2."""
SIGNATURE = "recommend"
INPUT = "context"
OUTPUT_ITEMS = "items"
OUTPUT_SCORES = "scores"
"""The exported signature: context int32 [1, length] -> items int32 [1, k], scores float32 [1, k],
best first. Address them by name: their order differs between converter versions. Features have
inputs of their own, and ``allowed``, where the study asks for it, is float32 [1, items]."""
TAP = "tap"
STATE = "state"
ITEM = "item"
"""The second signature, where it was asked for: state float32 [1, numbers] and item int32 [1, 1] ->
the next state, items and scores. A state of zeros is that of an empty history."""
UPDATE = "update"
RESET = "reset"
RESTORE = "restore"
SAVE = "save"
USER = features.USER
QUERY = "query"
NEXT = "next"
"""Where a file learns its user: `recommend` gives the vector ``query`` too, float32 [1, width], and
``update`` takes items, scores and query as they came out, and ``next`` int32 [1, 1], the item that
was taken. The state ``user``, float32 [1, width], comes out of each of these signatures, and goes
into ``restore``; where it is a tensor, it goes into ``recommend`` and ``update`` and there are no
others."""
FED = (OUTPUT_ITEMS, OUTPUT_SCORES, QUERY)
"""What `recommend` gives and ``update`` takes."""


class FlatModel(msgspec.Struct, frozen=True, kw_only=True):
    """A finished .tflite. The file lies beside it, in `MODEL`."""

    sha256: str
    size_bytes: int
    gzip_bytes: int
    zstd_bytes: int
    parameters: int
    ops: dict[str, int]
    """Builtin operator -> how often it stands in the graph."""
    tensor_bytes: dict[str, int]
    """Type of constant data -> bytes of distinct buffers."""
    converter: str
    """Which library wrote it: ``tf.lite``, or ``rbench`` where it packed the weights itself."""
    census: dict[str, Any] = {}
