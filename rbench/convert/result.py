"""What a conversion leaves behind."""

from __future__ import annotations

from typing import Any

import msgspec

MODEL = "model.tflite"
LOG = "convert.log"
"""Files in the artefact's folder: the model, and all that was said on file descriptors 1 and 2."""


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
