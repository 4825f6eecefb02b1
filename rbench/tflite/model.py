"""A .tflite's parts as its readers see them.

The objects carry the schema's own names, so that code reads them like those of
`rbench.convert.flatbuffer`, which also writes. What no reader asks for is left out.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True, frozen=True)
class OperatorCode:
    """A kind of operator."""

    deprecatedBuiltinCode: int
    builtinCode: int
    customCode: bytes | None
    version: int


@dataclass(slots=True, frozen=True)
class Blocks:
    """Scales by blocks: numbers of the tensors that hold them."""

    scales: int
    zeroPoints: int
    blockSize: int


@dataclass(slots=True, frozen=True)
class Quantization:
    """What a tensor's integers stand for."""

    scale: NDArray[np.float32] | None
    zeroPoint: NDArray[np.int64] | None
    quantizedDimension: int
    details: Blocks | None


@dataclass(slots=True, frozen=True)
class Tensor:
    """One tensor; -1 in its shape signature is a size that the caller chooses."""

    shape: NDArray[np.int32] | None
    shapeSignature: NDArray[np.int32] | None
    type: int
    buffer: int
    name: bytes | None
    quantization: Quantization | None
    isVariable: bool
    hasSparsity: bool
    externalBuffer: int


@dataclass(slots=True, frozen=True)
class Options:
    """What readers ask of an operator's options."""

    axis: int = 0
    adjX: bool = False
    graphs: tuple[int, ...] = ()
    """Numbers of the graphs that it runs."""


@dataclass(slots=True, frozen=True)
class Operator:
    """One operator; -1 among its inputs is one that is left out."""

    opcodeIndex: int
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    builtinOptions: Options


@dataclass(slots=True, frozen=True)
class Graph:
    """One subgraph."""

    name: bytes | None
    tensors: list[Tensor]
    inputs: NDArray[np.int32]
    outputs: NDArray[np.int32]
    operators: list[Operator]


@dataclass(slots=True, frozen=True)
class Buffer:
    """Constants; those of large models lie behind the flatbuffer, those of others in it."""

    data: NDArray[np.uint8] | None


@dataclass(slots=True, frozen=True)
class TensorMap:
    """A name that a signature gives to a tensor."""

    name: bytes | None
    tensorIndex: int


@dataclass(slots=True, frozen=True)
class Signature:
    """A way in: a graph, with names for what it takes and gives."""

    signatureKey: bytes | None
    subgraphIndex: int
    inputs: list[TensorMap]
    outputs: list[TensorMap]


@dataclass(slots=True, frozen=True)
class ExternalBuffer:
    """Constants in another file."""

    id: int
    group: int
    offset: int
    length: int


@dataclass(slots=True, frozen=True)
class Model:
    """The file."""

    version: int
    description: bytes | None
    operatorCodes: list[OperatorCode]
    subgraphs: list[Graph]
    buffers: list[Buffer]
    signatureDefs: list[Signature]
    externalBufferGroups: list[bytes | None]
    """Names of the other files, relative to the folder of this one."""
    externalBuffers: list[ExternalBuffer]


@cache
def names(enumeration: str) -> dict[int, str]:
    """Value -> name of one of the schema's enumerations. Needs the extra ``profile``."""
    from ai_edge_litert import schema_py_generated as schema

    members = vars(getattr(schema, enumeration))
    return {value: name for name, value in members.items() if isinstance(value, int)}
