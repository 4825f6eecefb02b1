"""What the timing processes of the ``litert`` tool share: how they are asked and how they answer.

Such a process reads one `Order` as JSON on standard input and answers with one `Finished` or
`Refusal` on what was its standard output. Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rbench.guard import die_with_parent
from rbench.profile.litert import Finished, OpsOrder, Order, Profiled, Refusal
from rbench.profile.refusal import NoGpuError, RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def serve(
    work: Callable[[Order], Finished], profile: Callable[[OpsOrder], Profiled] | None = None
) -> int:
    """Do one round, or profile the operators where that is asked.

    Returns:
        The exit code.
    """
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order | OpsOrder)  # type: ignore[arg-type]
    die_with_parent(order.parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answer: Finished | Profiled | Refusal
    try:
        if isinstance(order, Order):
            answer = work(order)
        elif profile is not None:
            answer = profile(order)
        else:
            raise RefusedError("no profile of operators is made here")
    except RefusedError as error:
        answer = Refusal(reason=str(error), no_gpu=isinstance(error, NoGpuError))
    except OSError as error:
        place = order.folder if isinstance(order, Order) else order.contexts
        answer = Refusal(
            reason=str(error), errno=error.errno or 0, file=str(error.filename or place)
        )
    answers.write(msgspec.json.encode(answer))
    answers.close()
    return 0


def contexts_of(path: Path) -> NDArray[np.int32]:
    """int32 (count, length).

    Raises:
        RefusedError: they are torn, or of another type or shape.
    """
    import numpy as np

    try:
        contexts: NDArray[np.int32] = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise RefusedError(f"cannot read the contexts: {one_line(error)}") from error
    if contexts.dtype != np.int32 or contexts.ndim != 2 or not contexts.size:
        raise RefusedError(
            f"the contexts are {contexts.dtype} {contexts.shape}, not int32 (count, length)"
        )
    return np.ascontiguousarray(contexts)


def check_input(takes: list[str], contexts: NDArray[np.int32]) -> None:
    """One context must be what the file takes.

    Args:
        takes: type and shape of each input, e.g. ``int32 [1, 50]``.

    Raises:
        RefusedError: it is not.
    """
    wanted = f"int32 {[1, contexts.shape[1]]}"
    if takes != [wanted]:
        raise RefusedError(
            f"the file takes {', '.join(takes) or 'nothing'}, the contexts are {wanted}"
        )


@contextmanager
def asking(failed: str) -> Iterator[None]:
    """Turn what the runtime raises into a refusal that says what failed."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise RefusedError(f"the runtime {failed}: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """An error's text without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
