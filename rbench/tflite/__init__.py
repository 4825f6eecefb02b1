"""TFLite files: reading what lies in them, without TensorFlow or LiteRT.

Knows nothing of models that rbench makes; who converts, times, scores or inspects one uses it.
"""

from rbench.tflite.files import ExternalFile, external_files, mapped, placed
from rbench.tflite.model import (
    Blocks,
    Buffer,
    ExternalBuffer,
    Graph,
    Model,
    Operator,
    OperatorCode,
    Options,
    Quantization,
    Signature,
    Tensor,
    TensorMap,
    names,
)
from rbench.tflite.reading import (
    BLOCKWISE,
    CALLS,
    CALLS_2,
    IDENTIFIER,
    MOST_DIMENSIONS,
    read,
    unsound,
)

__all__ = [
    "BLOCKWISE",
    "CALLS",
    "CALLS_2",
    "IDENTIFIER",
    "MOST_DIMENSIONS",
    "Blocks",
    "Buffer",
    "ExternalBuffer",
    "ExternalFile",
    "Graph",
    "Model",
    "Operator",
    "OperatorCode",
    "Options",
    "Quantization",
    "Signature",
    "Tensor",
    "TensorMap",
    "external_files",
    "mapped",
    "names",
    "placed",
    "read",
    "unsound",
]
