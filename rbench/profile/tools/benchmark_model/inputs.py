"""What the file takes and what it is asked: the tool has to be told both, by the tensor's name."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rbench.errors import StageError
from rbench.profile import queries
from rbench.profile.queries import InputSpec
from rbench.profile.refusal import RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TORN = (struct.error, IndexError, TypeError, ValueError, AttributeError, OverflowError)


class Entry(NamedTuple):
    """The one input of a file, and how large its graph is."""

    name: str
    """Of the tensor, e.g. ``serving_default_context:0``."""
    length: int
    """It is int32 [1, length]."""
    nodes: int
    """Operators of the first graph, which is the query's."""
    subgraphs: int


def read_entry(model: Path, where: str) -> Entry:
    """Look into a .tflite.

    Raises:
        StageError: it cannot be read, or takes anything but one int32 [1, length].
    """
    from ai_edge_litert import schema_py_generated as schema

    try:
        content = model.read_bytes()
        if content[4:8] != b"TFL3":
            raise StageError(f"{model.name} is no .tflite", where=where)
        root = schema.Model.GetRootAs(content, 0)
        graph = root.Subgraphs(0)
        tensors = [graph.Tensors(graph.Inputs(n)) for n in range(graph.InputsLength())]
        shapes = [[t.Shape(n) for n in range(t.ShapeLength())] for t in tensors]
        names = [(t.Name() or b"").decode() for t in tensors]
        kinds = [t.Type() for t in tensors]
        nodes, subgraphs = graph.OperatorsLength(), root.SubgraphsLength()
    except OSError as error:
        raise StageError(f"cannot read {model.name}: {error.strerror}", where=where) from error
    except _TORN as error:
        raise StageError(f"{model.name} is torn: {error}", where=where) from error
    fits = len(shapes) == 1 and len(shapes[0]) == 2 and shapes[0][0] == 1
    if not fits or kinds != [schema.TensorType.INT32]:
        raise StageError(
            f"the file takes {len(shapes)} inputs {shapes}, not int32 [1, length]", where=where
        )
    if not names[0] or "," in names[0] or not names[0].isprintable():
        raise StageError(
            f"the tool cannot be told of an input named {names[0]!r}",
            where=where,
            remedy="time it with the litert tool, or give the input a name of letters",
        )
    return Entry(names[0], shapes[0][1], nodes, subgraphs)


def read_contexts(path: Path, entry: Entry, where: str) -> NDArray[np.int32]:
    """int32 (count, length).

    Raises:
        StageError: they are torn, or not what the file takes.
    """
    try:
        return queries.read(path).contexts([InputSpec(entry.name, "int32", (1, entry.length))])
    except RefusedError as error:
        raise StageError(str(error), where=where) from error


def value_bytes(context: NDArray[np.int32]) -> bytes:
    """A context as a value file holds it: the tensor's bytes, little-endian, and no more."""
    return context.astype("<i4").tobytes()
