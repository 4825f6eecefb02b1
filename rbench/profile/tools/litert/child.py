"""What the timing processes of the ``litert`` tool share: how they are asked and how they answer.

Such a process reads one order as JSON on standard input, and answers it or gives a `Refusal` on
what was its standard output. Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from rbench.profile.refusal import NoGpuError, RefusedError, UnsupportedError
from rbench.profile.tools.litert.run import Finished, OpsOrder, Order, Profiled, Refusal
from rbench.system.guard import die_with_parent


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
        answer = Refusal(
            reason=str(error),
            unsupported=isinstance(error, UnsupportedError),
            no_gpu=isinstance(error, NoGpuError),
        )
    except OSError as error:
        place = order.folder if isinstance(order, Order) else order.contexts
        answer = Refusal(
            reason=str(error), errno=error.errno or 0, file=str(error.filename or place)
        )
    answers.write(msgspec.json.encode(answer))
    answers.close()
    return 0


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
