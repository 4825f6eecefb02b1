"""Random values for any number of inputs of any type, within a bound on memory.

They are kept in a ``.npz`` with an array (count, *shape) for each input, by its place among the
inputs: names may be missing, given twice, or none that a file can hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from rbench.errors import ModelError
from rbench.profile.ranges import Range, is_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 64 << 20
"""Of all queries together: each timing process holds them."""
MOST_QUERY_BYTES = 1 << 30
"""Of a single one."""


class Input(NamedTuple):
    """An input, and what it is given."""

    place: int
    """Among the inputs."""
    name: str
    """Of its tensor; empty where it has none."""
    kind: str
    """numpy's name of its type."""
    shape: tuple[int, ...]
    range: Range
    why: str
    """Where the range comes from."""

    @property
    def size_bytes(self) -> int:
        """Of one value."""
        import numpy as np

        return prod(self.shape) * np.dtype(self.kind).itemsize

    def __str__(self) -> str:
        named = self.name or f"input {self.place}"
        return f"{named}, {self.kind} {list(self.shape)}: {self.range} ({self.why})"


def queries_within(inputs: Sequence[Input], wanted: int) -> int:
    """How many queries are drawn: as many as are wanted, or as `MOST_BYTES` hold.

    Raises:
        ModelError: not even one can be.
    """
    size = sum(entry.size_bytes for entry in inputs)
    if size > MOST_QUERY_BYTES:
        largest = max(inputs, key=lambda entry: entry.size_bytes)
        raise ModelError(
            f"a query of it takes {size / 1e9:,.1f} GB, most of it for {largest.kind} "
            f"{list(largest.shape)}: nothing is made up for it",
            allowed=f"up to {MOST_QUERY_BYTES / 1e9:.1f} GB",
        )
    return max(1, min(wanted, MOST_BYTES // size)) if size else wanted


def drawn(inputs: Sequence[Input], count: int, seed: int) -> list[NDArray[Any]]:
    """Values for each input, (count, *shape), evenly over its range."""
    import numpy as np

    random = np.random.default_rng(seed)
    return [_values(random, entry, (count, *entry.shape)) for entry in inputs]


def save(path: Path, inputs: Sequence[Input], count: int, seed: int) -> None:
    """Draw them into a ``.npz``, see `rbench.profile.queries`."""
    import numpy as np

    values = drawn(inputs, count, seed)
    keys = [f"#{entry.place}={quote(entry.name, safe='')}" for entry in inputs]
    np.savez(path, **dict(zip(keys, values, strict=True)))  # type: ignore[arg-type]


def _values(random: Any, entry: Input, shape: tuple[int, ...]) -> NDArray[Any]:
    import numpy as np

    low, high = entry.range
    kind: Any = np.dtype(entry.kind)
    made: NDArray[Any]
    if kind == np.bool_:
        made = random.integers(int(low), int(high), shape, np.uint8, endpoint=True).astype(kind)
    elif is_whole(entry.kind):
        made = random.integers(int(low), int(high), shape, kind, endpoint=True)
    elif kind.kind == "c":
        parts = np.float32 if entry.kind == "complex64" else np.float64
        made = np.empty(shape, kind)
        made.real = _floats(random, low, high, shape, parts)
        made.imag = _floats(random, low, high, shape, parts)
    else:
        wide = np.float64 if entry.kind == "float64" else np.float32
        made = np.asarray(_floats(random, low, high, shape, wide)).astype(kind, copy=False)
    return made


def _floats(random: Any, low: float, high: float, shape: tuple[int, ...], kind: Any) -> Any:
    """Between both, in the type itself: half of the memory, and no overflow of high - low."""
    share = random.random(shape, dtype=kind)
    if (low, high) == (0, 1):
        return share
    return kind(high) * share + kind(low) * (1 - share)
