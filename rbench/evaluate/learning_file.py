"""A .tflite that learns its user, asked as an app asks it: `recommend`, then `update` with what was
taken, on the plain builtin kernels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rbench.convert import with_rates
from rbench.data.dataset import Ids
from rbench.data.ranking import Scores
from rbench.errors import StageError
from rbench.evaluate.file_scorer import opened, quantization_of
from rbench.evaluate.ranking_tensor import ranking_tensor
from rbench.features import ALLOWED
from rbench.signatures import FED, INPUT, NEXT, OUTPUT_ITEMS, RESET, SIGNATURE, UPDATE, USER


class LearningFile:
    """Opens a file with the signature `update`. It begins with nobody's state.

    Args:
        path: the .tflite, whose `recommend` takes no features beside the context.
        rates: the step and the decay instead of the file's own.

    Raises:
        ModelError: it has no such signatures.
    """

    def __init__(self, path: Path, rates: tuple[float, float] | None = None) -> None:
        self.path = path
        content = None if rates is None else with_rates(path.read_bytes(), *rates)
        self._interpreter = opened(path, content)
        self._runtime = self._interpreter._interpreter
        self._asking, self._learning = self._ends(SIGNATURE), self._ends(UPDATE)
        self._allowed: dict[str, Any] = {}
        if ALLOWED in self._asking.inputs:
            self._allowed[ALLOWED] = np.ones(self._asking.shapes[ALLOWED], np.float32)
        self._user: Any = None
        if USER in self._asking.inputs:
            self._user = self._empty()
        else:
            self._resetting = self._ends(RESET)
        items = self._asking.outputs[OUTPUT_ITEMS]
        self._every, _ = ranking_tensor(self._interpreter, items, str(path))
        details = self._interpreter._get_tensor_details(self._every, 0)
        self._step, self._zero_point = quantization_of(details, str(path))

    def forget(self) -> None:
        """Begin with the next user."""
        if self._user is None:
            self._run(self._resetting, {})
        else:
            self._user = self._empty()

    def scores(self, context: Ids) -> Scores:
        """Of a context int32 ``(length,)``: float32 ``(items,)``, as its own ranking sees them."""
        self._run(self._asking, {INPUT: context[None], **self._allowed, **self._state()})
        scores: Scores = self._interpreter.get_tensor(self._every).reshape(-1).astype(np.float32)
        if self._step:
            scores = (scores - np.float32(self._zero_point)) * np.float32(self._step)
        return scores

    def learn(self, item: int) -> None:
        """That this item was taken, after the last context."""
        answer = {name: self._read(self._asking, name) for name in FED}
        taken = {NEXT: np.array([[item]], np.int32)}
        self._run(self._learning, {**answer, **taken, **self._state()})
        if self._user is not None:
            self._user = self._read(self._learning, USER)

    def _state(self) -> dict[str, Any]:
        return {} if self._user is None else {USER: self._user}

    def _empty(self) -> Any:
        return np.zeros(self._asking.shapes[USER], np.float32)

    def _ends(self, key: str) -> _Ends:
        runner = self._interpreter.get_signature_runner(key)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
        graph = int(runner._subgraph_index)
        del runner  # it holds on to the interpreter's insides
        self._runtime.AllocateTensors(graph)
        return _Ends(graph, inputs, outputs)

    def _run(self, ends: _Ends, given: dict[str, Any]) -> None:
        try:
            if ends.graph == 0:
                self._interpreter.reset_all_variables()  # of a fused LSTM; the user's state stays
            for name, value in given.items():
                self._runtime.SetTensor(ends.inputs[name], value, ends.graph)
            self._runtime.Invoke(ends.graph)
        except (RuntimeError, ValueError) as error:
            raise StageError(f"the model does not run: {error}", where=str(self.path)) from error

    def _read(self, ends: _Ends, name: str) -> Any:
        return self._runtime.GetTensor(ends.outputs[name], ends.graph)


class _Ends:
    """Of a signature: its graph, and the tensors by name."""

    def __init__(self, graph: int, inputs: Any, outputs: Any) -> None:
        self.graph = graph
        self.inputs = {name: int(one["index"]) for name, one in inputs.items()}
        self.outputs = {name: int(one["index"]) for name, one in outputs.items()}
        self.shapes = {name: tuple(map(int, one["shape"])) for name, one in inputs.items()}
