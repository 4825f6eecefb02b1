"""The signature `tap` of a .tflite as a scorer: item by item, the state handed on as by an app."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rbench.convert import led_by
from rbench.data.ranking import Scores
from rbench.errors import StageError
from rbench.evaluate.file_scorer import opened, quantization_of
from rbench.evaluate.ranking_tensor import ranking_tensor
from rbench.signatures import ITEM, OUTPUT_ITEMS, STATE, TAP


class TapScorer:
    """Opens a file that has the signature. It is asked in a copy in which it comes first: only of a
    file's first graph does the runtime tell the operators, and so the score of every item.

    Args:
        path: the .tflite.

    Raises:
        ModelError: it has no such signature.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._interpreter = opened(path, led_by(path.read_bytes(), TAP))
        runner = self._interpreter.get_signature_runner(TAP)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
        del runner  # it holds on to the interpreter's insides
        self._state, self._item = (int(inputs[name]["index"]) for name in (STATE, ITEM))
        self._after = int(outputs[STATE]["index"])
        self._empty = np.zeros(inputs[STATE]["shape"], np.float32)
        self._every, _ = ranking_tensor(
            self._interpreter, int(outputs[OUTPUT_ITEMS]["index"]), str(path)
        )
        details = self._interpreter._get_tensor_details(self._every, 0)
        self._step, self._zero_point = quantization_of(details, str(path))

    def __call__(self, items: Iterable[int]) -> Scores:
        """After these items, oldest first, from an empty history: float32 ``(items,)``, as the
        file's own ranking sees them. Without any, what it says to padding.
        """
        state = self._empty
        try:
            for item in [*items] or [0]:
                self._interpreter.set_tensor(self._state, state)
                self._interpreter.set_tensor(self._item, np.array([[item]], np.int32))
                self._interpreter.invoke()
                state = self._interpreter.get_tensor(self._after)
            scores: Scores = self._interpreter.get_tensor(self._every).reshape(-1)
        except (RuntimeError, ValueError) as error:
            raise StageError(f"the tap does not run: {error}", where=str(self.path)) from error
        scores = scores.astype(np.float32)
        if self._step:
            scores = (scores - np.float32(self._zero_point)) * np.float32(self._step)
        return scores
