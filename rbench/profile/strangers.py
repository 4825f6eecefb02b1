"""What to ask a file that no run made: how many items it knows, and which numbers it may be given.

Random ids touch more of the table than people's histories do, and so miss the cache more often.
Both files of a comparison are asked the same, so their ratio is fair; the microseconds are not
those of a run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from rbench.errors import ModelError, choices
from rbench.profile.ranges import KINDS, Range, limits, objection
from rbench.profile.synthetic_inputs import MOST_BYTES, Input
from rbench.tflite import Graph, Model, Tensor, mapped, names, placed, read, unsound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LOOKUPS = {"GATHER": (1, 0), "EMBEDDING_LOOKUP": (0, 1)}
"""Operator -> which of its inputs are the ids, and which the table."""
MOST_INPUTS = 1000
BYTES = ("int8", "uint8", "bool")
"""Types that are given all that they hold, where nothing else is known."""

T = TypeVar("T")


class Entry(NamedTuple):
    """What a recommender takes."""

    length: int
    """Items in a context."""
    rows: int
    """Rows of its item table: the largest that is looked up by what the file takes. Positions or
    genres may be looked up as well, in smaller ones."""


class Way(NamedTuple):
    """A way into a file."""

    signature: str
    """Its name; empty where the file has none."""
    graph: int
    """Number of the graph that it runs."""
    all: tuple[str, ...]
    """Names of all ways into the file."""

    @property
    def leads(self) -> bool:
        """Whether the runtime takes it where it is told nothing."""
        return self.graph == 0 and self.signature == next(iter(self.all), "")


def way_into(path: Path, signature: str | None = None) -> Way:
    """The way that is timed: the one that is named, else the first one.

    Raises:
        ModelError: the file cannot be read, or has no such signature.
    """
    return _asking(path, lambda model: _way(model, signature))


def entry_of(path: Path, graph: int = 0) -> Entry:
    """Read off a file what it can be asked.

    Raises:
        ModelError: it cannot be read, is no .tflite, does not take int32 [1, length], or looks
            nothing up by what it takes.
    """
    return _asking(path, lambda model: _entry(model, graph))


def inputs_of(
    path: Path, ranges: Mapping[str, Range], items: int = 0, graph: int = 0
) -> tuple[Input, ...]:
    """Read off a file what it takes.

    A range is the one that was named; else, in whole numbers, the rows of the smallest table that
    is looked up by them; else 0 to 1 in floats and all that the type holds in bytes and in numbers
    that have a scale.

    Args:
        ranges: an input, by the name of its tensor, the name that a signature gives it, or its
            place -> what it is given.
        items: rows of the table that whole numbers look up, where no range is named; 0 to find out.

    Raises:
        ModelError: it cannot be read, has an input of which no range is known, or one that cannot
            hold its range.
    """
    return _asking(path, lambda model: _inputs(model, ranges, items, graph))


def _asking(path: Path, ask: Callable[[Model], T]) -> T:
    try:
        model = read(mapped(path))
        if not model.subgraphs:
            raise ModelError("there is no graph in it, so that there is nothing to ask")
        return ask(model)
    except ModelError as error:
        raise error if error.where else placed(error, path) from error
    except Exception as error:  # numbers in a damaged file may say anything
        raise placed(unsound(error), path) from error


def _way(model: Model, signature: str | None) -> Way:
    ways = {_text(one.signatureKey): one.subgraphIndex for one in model.signatureDefs}
    keys = tuple(ways)
    if signature is None:
        key = next(iter(ways), "")
        return Way(key, ways.get(key, 0), keys)
    if signature not in ways:
        raise ModelError(
            f"it has no signature {signature!r}" if ways else "it has no signatures",
            allowed=choices(keys) or "files with signatures",
        )
    return Way(signature, ways[signature], keys)


def _entry(model: Model, number: int) -> Entry:
    graph = model.subgraphs[number]
    takes = [graph.tensors[place] for place in graph.inputs]
    sizes = [_sizes(tensor) for tensor in takes]
    if [kind_of(tensor) for tensor in takes] != ["int32"] or (
        len(sizes[0]) != 2 or sizes[0][0] != 1 or not 1 <= sizes[0][1] <= MOST_BYTES // 4
    ):
        raise ModelError("cannot be asked", allowed="files with one input, int32 [1, length]")
    rows = _looked_up(model, graph, int(graph.inputs[0]))
    if not rows or max(rows) < 2:
        raise ModelError(
            "cannot tell how many items it knows", allowed="files that look items up in a table"
        )
    return Entry(length=sizes[0][1], rows=max(rows))


def _looked_up(model: Model, graph: Graph, entry: int) -> list[int]:
    """Rows of each table that is looked up by what an input holds.

    Args:
        entry: number of the input's tensor.
    """
    tensors, operators = graph.tensors, names("BuiltinOperator")
    whole = ("int32", "int64")
    ids = {entry}
    rows = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        name = operators.get(max(code.builtinCode, code.deprecatedBuiltinCode), "")
        reads = [int(number) for number in operator.inputs]
        if name in LOOKUPS and len(reads) > 1 and reads[LOOKUPS[name][0]] in ids:
            rows.append(_rows(tensors[reads[LOOKUPS[name][1]]], operator.builtinOptions.axis))
        if ids.intersection(reads):  # reshaped, clamped, shifted: whole numbers are ids still
            writes = [int(number) for number in operator.outputs if number >= 0]
            ids.update(number for number in writes if kind_of(tensors[number]) in whole)
    return [found for found in rows if found > 0]


def _rows(table: Tensor, axis: int) -> int:
    sizes = _sizes(table)
    return sizes[axis] if -len(sizes) <= axis < len(sizes) else 0


def _inputs(
    model: Model, ranges: Mapping[str, Range], items: int, number: int
) -> tuple[Input, ...]:
    graph = model.subgraphs[number]
    tensors = [graph.tensors[place] for place in graph.inputs]
    if len(tensors) > MOST_INPUTS:
        raise ModelError(f"it takes {len(tensors):,} inputs", allowed=f"up to {MOST_INPUTS:,}")
    words = _words(model, graph, number)
    given = _given(words, ranges)
    found, unknown = [], []
    for place, tensor in enumerate(tensors):
        name, kind = _text(tensor.name), kind_of(tensor)
        if kind == "string":
            raise ModelError(
                f"its input {words[place][0]} holds texts, which are not made up",
                remedy="give them with: --contexts FILE.npz, an array (count, *shape) of bytes "
                "(numpy's S) for each input, under its name or its place: #0, #1",
            )
        if kind not in KINDS:
            raise ModelError(
                f"its input {words[place][0]} is {kind}", allowed="numbers and truth values"
            )
        known, why = given.get(place), "given"
        if known is None:
            rows = _looked_up(model, graph, int(graph.inputs[place]))
            known, why = _by_itself(tensor, kind, rows, items)
        if known is None:
            unknown.append((words[place][0], kind))
            continue
        if said := objection(kind, known):
            raise ModelError(f"its input {words[place][0]} cannot be given {known}: {said}")
        if any(size < 0 for size in _open(tensor)):
            why += "; open sizes are 1"
        found.append(Input(place, name, kind, tuple(_sizes(tensor)), known, why))
    if unknown:
        _ask_for(unknown)
    return tuple(found)


def _by_itself(tensor: Tensor, kind: str, rows: list[int], items: int) -> tuple[Range | None, str]:
    """What an input is given where nobody says it, and why; no range where that is not known."""
    if items and kind in ("int32", "int64"):
        return Range(0, items - 1), f"{items:,} items"
    if rows:
        return Range(0, min(rows) - 1), f"looked up in a table of {min(rows):,} rows"
    if kind.startswith(("float", "complex")):
        return Range(0, 1), "floats, by default"
    if kind in BYTES or _scaled(tensor):
        return limits(kind), "all that the type holds"
    return None, ""


def _ask_for(unknown: list[tuple[str, str]]) -> None:
    """Raises: ModelError, with words that can be pasted."""
    named = ", ".join(f"{word!r} ({kind})" for word, kind in unknown)
    options = " ".join(f"--range {shlex.quote(f'{word}=0:1')}" for word, _ in unknown)
    many = len(unknown) > 1
    raise ModelError(
        f"cannot tell which numbers its input{'s' * many} {named} may hold: no table is looked up "
        f"by {'them' if many else 'it'}",
        remedy=f"say it as LOW:HIGH, e.g. with: {options}",
    )


def _words(model: Model, graph: Graph, number: int) -> list[list[str]]:
    """For each input the words that name it, and nothing else, best first: the name of its tensor,
    those that signatures give it, its place.
    """
    called = [[_text(graph.tensors[place].name)] for place in graph.inputs]
    places = {int(tensor): place for place, tensor in enumerate(graph.inputs)}
    for signature in model.signatureDefs:
        if signature.subgraphIndex == number:
            for entry in signature.inputs:
                if entry.tensorIndex in places:
                    called[places[entry.tensorIndex]].append(_text(entry.name))
    owners: dict[str, set[int]] = {}
    for place, known in enumerate(called):
        for name in known:
            owners.setdefault(name, set()).add(place)
    return [
        [
            *(n for n in dict.fromkeys(known) if n and n.isprintable() and len(owners[n]) == 1),
            *([str(place)] if str(place) not in owners else []),
            f"#{place}",
        ]
        for place, known in enumerate(called)
    ]


def _given(words: Iterable[list[str]], ranges: Mapping[str, Range]) -> dict[int, Range]:
    places = {word: place for place, known in enumerate(words) for word in known}
    if unknown := ", ".join(sorted(set(ranges) - set(places))):
        allowed = ", ".join(known[0] for known in words) or "it takes nothing"
        raise ModelError(f"no input is called {unknown}", allowed=allowed)
    found: dict[int, Range] = {}
    for word, known in ranges.items():
        if places[word] in found:
            raise ModelError(f"its input {word} is given two ranges")
        found[places[word]] = known
    return found


def _scaled(tensor: Tensor) -> bool:
    known = tensor.quantization
    return known is not None and known.scale is not None and len(known.scale) > 0


def kind_of(tensor: Tensor) -> str:
    """numpy's name of a tensor's type, or the schema's where numpy has none."""
    return names("TensorType").get(tensor.type, f"type {tensor.type}").lower()


def _open(tensor: Tensor) -> list[int]:
    return [
        int(size)
        for sizes in (tensor.shape, tensor.shapeSignature)
        if sizes is not None
        for size in sizes
    ]


def _sizes(tensor: Tensor) -> list[int]:
    """As the runtime takes them, where nobody says otherwise."""
    return [] if tensor.shape is None else [int(s) if s >= 0 else 1 for s in tensor.shape]


def _text(name: bytes | str | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""


def made_up(entry: Entry, count: int, seed: int) -> NDArray[np.int32]:
    """Contexts of random items and lengths, int32 (count, length), left-padded with 0.

    Fewer, where so many would take more than `rbench.profile.synthetic_inputs.MOST_BYTES`.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    count = max(1, min(count, MOST_BYTES // (4 * entry.length)))
    contexts = random.integers(1, entry.rows, size=(count, entry.length), dtype=np.int32)
    padding = random.integers(0, entry.length, size=(count, 1))
    contexts[np.arange(entry.length) < padding] = 0
    return contexts
