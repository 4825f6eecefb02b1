"""What to ask a file that no run made: how many items it knows, and made-up contexts of them.

Random ids touch more of the table than people's histories do, and so miss the cache more often.
Both files of a comparison are asked the same, so their ratio is fair; the microseconds are not
those of a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rbench.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKUPS = {"GATHER": (1, 0), "EMBEDDING_LOOKUP": (0, 1)}
"""Operator -> which of its inputs are the ids, and which the table."""


T = TypeVar("T")


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
    return _asking(path, _entry)


def _asking(path: Path, read: Callable[[bytes], T]) -> T:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read: {error.strerror or error}", where=str(path)) from error
    if content[4:8] != b"TFL3":
        raise ModelError("no .tflite: the file identifier TFL3 is missing", where=str(path))
    try:
        return read(content)
    except ModelError as error:
        raise ModelError(
            error.what, where=str(path), allowed=error.allowed, remedy=error.remedy
        ) from error
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
    rows = _looked_up(model, int(graph.inputs[0]))
    if not rows or max(rows) < 2:
        raise ModelError(
            "cannot tell how many items it knows", allowed="files that look items up in a table"
        )
    return Entry(length=shapes[0][1], rows=max(rows))


def _looked_up(model: Any, entry: int) -> list[int]:
    """Rows of each table that is looked up by what an input holds.

    Args:
        entry: number of the input's tensor in the first graph.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    tensors = graph.tensors
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    whole = {schema.TensorType.INT32, schema.TensorType.INT64}
    ids = {entry}
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
    return rows


def _rows(table: Any, options: Any) -> int:
    return int(table.shape[getattr(options, "axis", 0) or 0])


class Input(NamedTuple):
    """One of any number of inputs of any type, and what it is given."""

    name: str
    """Of its tensor."""
    kind: str
    """numpy's name of its type."""
    shape: tuple[int, ...]
    low: float
    high: float
    """Numbers from low to high: both included in whole numbers, high excluded in others."""
    why: str
    """Where the range comes from."""


def inputs_of(
    path: Path, ranges: Mapping[str, tuple[float, float]], items: int = 0
) -> tuple[Input, ...]:
    """Read off a file what it takes.

    A range is the one that was named; else, in whole numbers, the rows of the smallest table that
    is looked up by them; else 0 to 1 in floats and all that the type holds in bytes.

    Args:
        ranges: name of an input -> low and high.
        items: rows of the table that whole numbers look up, where no range is named; 0 to find out.

    Raises:
        ModelError: it cannot be read, or has an input of which no range is known.
    """
    return _asking(path, lambda content: _inputs(content, ranges, items))


BYTES = {"int8": (-128.0, 127.0), "uint8": (0.0, 255.0), "bool": (0.0, 1.0)}


def _inputs(
    content: bytes, ranges: Mapping[str, tuple[float, float]], items: int
) -> tuple[Input, ...]:
    from ai_edge_litert import schema_py_generated as schema

    types = {value: name.lower() for name, value in vars(schema.TensorType).items()}
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    entries = {_text(graph.tensors[int(number)].name): int(number) for number in graph.inputs}
    if unknown := ", ".join(sorted(set(ranges) - set(entries))):
        raise ModelError(f"no input is called {unknown}", allowed=", ".join(entries))
    found = []
    for name, number in entries.items():
        tensor = graph.tensors[number]
        kind = str(types.get(tensor.type, "unknown"))
        if kind not in ("float32", "float16", "float64", "int16", "int32", "int64", *BYTES):
            raise ModelError(f"its input {name} is {kind}", allowed="numbers and truth values")
        rows = _looked_up(model, number)
        if name in ranges:
            (low, high), why = ranges[name], "given"
        elif items and kind in ("int32", "int64"):
            (low, high), why = (0.0, items - 1.0), f"{items:,} items"
        elif rows:
            (low, high), why = (0.0, min(rows) - 1.0), f"looked up in a table of {min(rows):,} rows"
        elif kind.startswith("float"):
            (low, high), why = (0.0, 1.0), "floats, by default"
        elif kind in BYTES:
            (low, high), why = BYTES[kind], "all that the type holds"
        else:
            raise ModelError(
                f"cannot tell which numbers its input {name!r} ({kind}) may hold: no table is "
                "looked up by it",
                remedy=f"say it with: --range '{name}=LOW:HIGH'",
            )
        shape = (
            tuple(max(int(size), 1) for size in tensor.shape) if tensor.shape is not None else ()
        )
        found.append(Input(name, kind, shape, low, high, why))
    if not found:
        raise ModelError("it takes nothing, so that there is nothing to ask")
    return tuple(found)


def _text(name: bytes | str | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""


def drawn(inputs: Sequence[Input], count: int, seed: int) -> dict[str, NDArray[Any]]:
    """Random values, name -> (count, *shape), evenly over each input's range."""
    import numpy as np

    random = np.random.default_rng(seed)
    made = {}
    for entry in inputs:
        shape = (count, *entry.shape)
        if entry.kind.startswith("float"):
            made[entry.name] = random.uniform(entry.low, entry.high, shape).astype(entry.kind)
        else:
            numbers = random.integers(int(entry.low), int(entry.high) + 1, shape)
            made[entry.name] = numbers.astype(entry.kind)
    return made


def made_up(entry: Entry, count: int, seed: int) -> NDArray[np.int32]:
    """Contexts of random items and lengths, int32 (count, length), left-padded with 0."""
    import numpy as np

    random = np.random.default_rng(seed)
    contexts = random.integers(1, entry.rows, size=(count, entry.length), dtype=np.int32)
    padding = random.integers(0, entry.length, size=(count, 1))
    contexts[np.arange(entry.length) < padding] = 0
    return contexts
