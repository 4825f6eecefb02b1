"""What the timed runs ask: for each input of a file, one value a query.

On disk that is a ``.npy`` with int32 (count, length), the contexts of a recommender, or a ``.npz``
with one array (count, *shape) for each input, under the name of its tensor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rbench.profile.refusal import RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONTEXT = ""
"""Name of the only input of a ``.npy``, whatever the file calls it."""


class Place(NamedTuple):
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
        arrays: name of an input's tensor -> (count, *shape), or `CONTEXT` -> int32 (count, length).
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return min(len(array) for array in self.arrays.values())

    def rows(self, places: Sequence[Place]) -> list[list[NDArray[Any]]]:
        """The queries, each a value for each place, in their order.

        Raises:
            RefusedError: they are not what the file takes.
        """
        import numpy as np

        arrays = dict(self.arrays)
        if CONTEXT in arrays and len(places) == 1:
            arrays = {places[0].name: arrays[CONTEXT][:, None]}
        wanted = {name: f"{array.dtype} {list(array.shape[1:])}" for name, array in arrays.items()}
        if CONTEXT in wanted or wanted != {place.name: str(place) for place in places}:
            takes = ", ".join(map(str, places)) or "nothing"
            raise RefusedError(f"the file takes {takes}, the contexts are {', '.join(_said(self))}")
        return [
            [np.ascontiguousarray(arrays[place.name][number]) for place in places]
            for number in range(len(self))
        ]

    def contexts(self, places: Sequence[Place]) -> NDArray[np.int32]:
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


def _said(queries: Queries) -> list[str]:
    return [
        f"{array.dtype} {[1, *array.shape[1:]] if name == CONTEXT else list(array.shape[1:])}"
        for name, array in queries.arrays.items()
    ]


def read(path: Path) -> Queries:
    """Read what is on disk.

    Raises:
        RefusedError: it is torn, or of another type or shape.
    """
    import numpy as np

    try:
        loaded: Any = np.load(path)
        if isinstance(loaded, np.lib.npyio.NpzFile):
            with loaded:
                return Queries({name: loaded[name] for name in loaded.files})
        contexts: NDArray[np.int32] = loaded
    except (OSError, ValueError, EOFError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise RefusedError(f"cannot read the contexts: {said}") from error
    if contexts.dtype != np.int32 or contexts.ndim != 2 or not contexts.size:
        raise RefusedError(
            f"the contexts are {contexts.dtype} {contexts.shape}, not int32 (count, length)"
        )
    return Queries({CONTEXT: np.ascontiguousarray(contexts)})
