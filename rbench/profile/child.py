"""What the timing processes of the ``litert`` tool share: how they are asked and how they answer.

Such a process reads one order as JSON on standard input, and answers it or gives a `Refusal` on
what was its standard output. Whatever libraries print goes to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from rbench.guard import die_with_parent
from rbench.profile.litert import Finished, OpsOrder, Order, Profiled, Refusal
from rbench.profile.refusal import NoGpuError, RefusedError


def serve(work: Callable[[Any], Finished | Profiled]) -> int:
    """Do what is ordered: one round, or one profile of operators.

    Returns:
        The exit code.
    """
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order | OpsOrder)  # type: ignore[arg-type]
    die_with_parent(order.parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        answer: Finished | Profiled | Refusal = work(order)
    except RefusedError as error:
        answer = Refusal(reason=str(error), no_gpu=isinstance(error, NoGpuError))
    except OSError as error:
        answer = Refusal(
            reason=str(error), errno=error.errno or 0, file=str(error.filename or order.contexts)
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
