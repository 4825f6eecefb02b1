"""The vector that a file's encoder makes of a context: what its scores are made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids
from rbench.errors import Unsupported, choices
from rbench.evaluate.file_scorer import opened, quantization_of
from rbench.features import ALLOWED
from rbench.signatures import INPUT, SIGNATURE


class Vectors:
    """Opens a file, on the plain kernels.

    Args:
        tensor: number of the scorer's input in the file's graph.

    Raises:
        ModelError: it cannot be loaded.
        Unsupported: it takes more than a context.
    """

    def __init__(self, path: Path, tensor: int, items: int) -> None:
        self._interpreter, self._tensor, self._where = opened(path), tensor, str(path)
        runner = self._interpreter.get_signature_runner(SIGNATURE)
        self._inputs = {
            name: int(details["index"]) for name, details in runner.get_input_details().items()
        }
        self._items = items
        beside = set(self._inputs) - {INPUT, ALLOWED}
        if beside:
            raise Unsupported(
                f"the model is given {choices(beside)} beside the items, so what it makes of a log "
                "of items alone is not known (rbench)",
                remedy="leave --log out: new rows then come from the items' columns alone",
            )
        details = self._interpreter._get_tensor_details(tensor, 0)
        self.width = int(details["shape"][-1])
        self._step, self._zero = quantization_of(details, self._where)

    def of(self, contexts: Ids) -> NDArray[np.float32]:
        """int32 ``(n, length)`` -> float32 ``(n, width)``."""
        found = [self._one(context) for context in contexts]
        return np.array(found, np.float32).reshape(len(contexts), self.width)

    def _one(self, context: Ids) -> NDArray[Any]:
        run = self._interpreter
        run.reset_all_variables()
        run.set_tensor(self._inputs[INPUT], context[None])
        if ALLOWED in self._inputs:
            run.set_tensor(self._inputs[ALLOWED], np.ones((1, self._items), np.float32))
        run.invoke()
        raw: NDArray[Any] = run.get_tensor(self._tensor).reshape(-1).astype(np.float32)
        return (raw - self._zero) * self._step if self._step else raw
