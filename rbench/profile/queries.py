"""What the timed runs ask: for each input of a file, one value a query.

On disk that is a ``.npy`` with int32 (count, length), the contexts of a recommender, or a ``.npz``
with one array for each input: (count, *shape) under the name of its tensor, or under its place
among the inputs, ``#0``, ``#1``, …; ``#0=NAME`` says both, the name as in a URL; or, where the
shape begins with a batch of one, (count, *the rest) under the name that the signature gives it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from rbench.profile.refusal import RefusedError
from rbench.system.arrays import TORN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTEXT = ""
"""Name of the only input of a ``.npy``, whatever the file calls it."""


class InputSpec(NamedTuple):
    """An input of a file."""

    name: str
    """Of its tensor."""
    kind: str
    """numpy's name of its type."""
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.kind} {list(self.shape)}"


class Queries:
    """Arrays by input. Its length is how many queries there are.

    Args:
        arrays: name of an input's tensor, or its place, see above -> (count, *shape); or
            `CONTEXT` -> int32 (count, length).
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return min((len(array) for array in self.arrays.values()), default=1)

    def rows(self, places: Sequence[InputSpec]) -> list[list[NDArray[Any]]]:
        """The queries, each a value for each place, in their order.

        Raises:
            RefusedError: they are not what the file takes.
        """
        import numpy as np

        arrays = self._in_order(places)
        if arrays is None or [_form(array) for array in arrays] != [str(p) for p in places]:
            takes = ", ".join(map(str, places)) or "nothing"
            raise RefusedError(f"the file takes {takes}, the contexts are {self._said()}")
        return [
            [np.asarray(array[number], order="C") for array in arrays]
            for number in range(len(self))
        ]

    def _in_order(self, places: Sequence[InputSpec]) -> list[NDArray[Any]] | None:
        """An array for each place; None where it is not known which."""
        if CONTEXT in self.arrays and len(self.arrays) == len(places) == 1:
            return [self.arrays[CONTEXT][:, None]]
        called = [place.name for place in places]
        if sorted(self.arrays) == sorted(called):
            return [self.arrays[name] for name in called]
        if (by_signature := [self._of_signature(name) for name in called]) and all(by_signature):
            named = [name for name in by_signature if name]
            if len(set(named)) == len(self.arrays):
                return [self.arrays[name][:, None] for name in named]
        known = {_placed(key): array for key, array in self.arrays.items()}
        by_place = {place: array for (place, _), array in known.items()}
        if sorted(by_place) != list(range(len(places))):
            return None
        by_name = {name: array for (_, name), array in known.items()}
        if sorted(by_name) == sorted(called):
            return [by_name[name] for name in called]
        return [by_place[place] for place in range(len(places))]

    def _of_signature(self, tensor: str) -> str:
        """The name whose tensor tf.lite calls ``SIGNATURE_NAME:0``; empty where it is none."""
        found = [name for name in self.arrays if name and tensor.endswith(f"_{name}:0")]
        return max(found, key=len, default="")

    def _said(self) -> str:
        said = [
            f"{array.dtype} {[1, *array.shape[1:]]}" if name == CONTEXT else _form(array)
            for name, array in self.arrays.items()
        ]
        return ", ".join(said) or "none"

    def contexts(self, places: Sequence[InputSpec]) -> NDArray[np.int32]:
        """The queries of a file whose one input is int32 [1, length]: int32 (count, length).

        Raises:
            RefusedError: it is another kind of file, or they are not what it takes.
        """
        import numpy as np

        rows = self.rows(places)
        takes = ", ".join(map(str, places))
        if len(places) != 1 or places[0].kind != "int32" or places[0].shape[:-1] != (1,):
            raise RefusedError(f"only files that take int32 [1, length], this one takes {takes}")
        return np.ascontiguousarray(np.stack([value[0] for (value,) in rows]))


def _form(array: NDArray[Any]) -> str:
    """As a `InputSpec` says it; texts of any length are texts."""
    kind = "bytes" if array.dtype.kind in "SO" else str(array.dtype)
    return f"{kind} {list(array.shape[1:])}"


def _placed(key: str) -> tuple[int, str]:
    """``#0=NAME`` -> 0 and NAME; -1 where it is no place."""
    place, _, name = key.partition("=")
    known = place[1:]
    number = int(known) if place[:1] == "#" and known.isascii() and known.isdigit() else -1
    return number, unquote(name)


def read(path: Path) -> Queries:
    """Read what is on disk.

    Raises:
        RefusedError: it is torn, or of another type or shape.
    """
    import numpy as np

    try:
        with path.open("rb") as file:
            loaded: Any = np.load(file)
            if isinstance(loaded, np.lib.npyio.NpzFile):
                with loaded:
                    return Queries({name: loaded[name] for name in loaded.files})
        contexts: NDArray[np.int32] = loaded
    except TORN as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise RefusedError(f"cannot read the contexts: {said}") from error
    if contexts.dtype != np.int32 or contexts.ndim != 2 or not contexts.size:
        raise RefusedError(
            f"the contexts are {contexts.dtype} {contexts.shape}, not int32 (count, length)"
        )
    return Queries({CONTEXT: np.ascontiguousarray(contexts)})
