"""What to ask a file that no run made: how many items it knows, and made-up contexts of them.

Random ids touch more of the table than people's histories do, and so miss the cache more often.
Both files of a comparison are asked the same, so their ratio is fair; the microseconds are not
those of a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKUPS = {"GATHER": (1, 0), "EMBEDDING_LOOKUP": (0, 1)}
"""Operator -> which of its inputs are the ids, and which the table."""


class Entry(NamedTuple):
    """What a file takes."""

    length: int
    """Items in a context."""
    rows: int
    """Rows of its item table: the largest that is looked up by what the file takes. Positions or
    genres may be looked up as well, in smaller ones."""


def entry_of(path: Path) -> Entry:
    """Read off a file what it can be asked.

    Raises:
        ModelError: it cannot be read, is no .tflite, does not take int32 [1, length], or looks
            nothing up by what it takes.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read: {error.strerror or error}", where=str(path)) from error
    if content[4:8] != b"TFL3":
        raise ModelError("no .tflite: the file identifier TFL3 is missing", where=str(path))
    try:
        return _entry(content)
    except ModelError as error:
        raise ModelError(error.what, where=str(path), allowed=error.allowed) from error
    except Exception as error:  # the reader follows offsets unchecked: they may lead anywhere
        raise ModelError(
            f"no sound .tflite: {type(error).__name__}: {error}", where=str(path)
        ) from error


def _entry(content: bytes) -> Entry:
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    tensors = graph.tensors
    takes = [tensors[number] for number in graph.inputs]
    shapes = [[int(size) for size in tensor.shape] for tensor in takes]
    if [tensor.type for tensor in takes] != [schema.TensorType.INT32] or (
        len(shapes[0]) != 2 or shapes[0][0] != 1 or shapes[0][1] < 1
    ):
        raise ModelError("cannot be asked", allowed="files with one input, int32 [1, length]")
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    whole = {schema.TensorType.INT32, schema.TensorType.INT64}
    ids = {int(graph.inputs[0])}
    rows = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        name = names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "")
        reads = [int(number) for number in operator.inputs]
        if name in LOOKUPS and reads[LOOKUPS[name][0]] in ids:
            rows.append(_rows(tensors[reads[LOOKUPS[name][1]]], operator.builtinOptions))
        if ids.intersection(reads):  # reshaped, clamped, shifted: whole numbers are ids still
            writes = [int(number) for number in operator.outputs]
            ids.update(number for number in writes if tensors[number].type in whole)
    if not rows or max(rows) < 2:
        raise ModelError(
            "cannot tell how many items it knows", allowed="files that look items up in a table"
        )
    return Entry(length=shapes[0][1], rows=max(rows))


def _rows(table: Any, options: Any) -> int:
    return int(table.shape[getattr(options, "axis", 0) or 0])


def made_up(entry: Entry, count: int, seed: int) -> NDArray[np.int32]:
    """Contexts of random items and lengths, int32 (count, length), left-padded with 0."""
    import numpy as np

    random = np.random.default_rng(seed)
    contexts = random.integers(1, entry.rows, size=(count, entry.length), dtype=np.int32)
    padding = random.integers(0, entry.length, size=(count, 1))
    contexts[np.arange(entry.length) < padding] = 0
    return contexts
