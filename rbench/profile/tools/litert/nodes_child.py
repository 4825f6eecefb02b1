"""The process behind `nodes`, a program of its own.

It reads one `Question` as JSON on standard input and answers with one `Answer` on what was its
standard output.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from rbench.profile.delegates import backend_of
from rbench.profile.refusal import NoGpuError, RefusedError, UnsupportedError
from rbench.profile.tools.litert.nodes import Answer, Question
from rbench.system.guard import die_with_parent

ROOM_BYTES = 16 << 30
"""Of addresses, not of memory: for the runtime and the tensors of sound files."""


def main() -> int:
    """Answer one question."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    die_with_parent(question.parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if question.delegate != "gpu":  # drivers of GPUs ask for much more than they use
        _bound_memory(Path(question.model))
    answers.write(msgspec.json.encode(load(question)))
    answers.close()
    return 0


def _bound_memory(model: Path) -> None:
    """A shape in a damaged file may ask for all memory that there is."""
    import resource

    most = ROOM_BYTES + 8 * model.stat().st_size
    with suppress(OSError, ValueError):  # not every system has such a limit
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def load(question: Question) -> Answer:
    """Load the file in this very process, which it may crash."""
    from rbench.profile.tools.litert import compiled, delegation, interpreted

    try:
        interpreted.verify(question.model)
        if question.delegate == "gpu":
            return _load_on_gpu(Path(question.model))
        if question.delegate == "xnnpack_cached":
            compiled.load_cached(question.model, threads=1)
        interpreter = interpreted.load(question.model, question.delegate, threads=1)
    except RefusedError as error:
        return _refused(error)
    except (RuntimeError, ValueError) as error:
        return Answer(reason=" ".join(str(error).split()) or type(error).__name__)
    found = delegation.observe(delegation.nodes_of(interpreter), backend_of(question.delegate))
    return Answer(delegation=found)


def _load_on_gpu(model: Path) -> Answer:
    from rbench.profile.tools.litert import gpu_model

    ops, _ = gpu_model.operators(model)
    return Answer(delegation=gpu_model.taken(gpu_model.load(str(model), threads=1), ops))


def _refused(error: RefusedError) -> Answer:
    return Answer(
        reason=str(error),
        unsupported=isinstance(error, UnsupportedError),
        no_gpu=isinstance(error, NoGpuError),
    )


if __name__ == "__main__":
    sys.exit(main())
