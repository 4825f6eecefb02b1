"""A .tflite as a scorer: run by ai-edge-litert, one query at a time, as on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rbench.data.dataset import Ids
from rbench.data.ranking import Scores
from rbench.errors import ModelError, StageError, choices
from rbench.evaluate.ranking_tensor import check_subgraph, ranking_tensor
from rbench.features import ALLOWED, Features
from rbench.signatures import INPUT, OUTPUT_ITEMS, OUTPUT_SCORES, SIGNATURE, TAP, UPDATE, USER
from rbench.system.extras import require


@dataclass(frozen=True)
class Answer:
    """What the file says to one context."""

    every: Scores
    """float32 ``(items,)``: the score of each item, nothing filtered."""
    items: Ids
    """int32 ``(k,)``: the ids returned, best first; 0 where a filter left no more."""
    scores: Scores
    """float32 ``(k,)``: their scores."""


class FileScorer:
    """Opens a file and answers contexts. Single-threaded, on the plain builtin kernels.

    Delegates stay out: they would hide the tensor that holds all scores, and round differently.

    Args:
        path: the .tflite, with the signature of `rbench.signatures`.
        items: size of the catalogue.

    Raises:
        ModelError: the file cannot be read, or is not such a model.
        MissingExtraError: ai-edge-litert is not installed.
    """

    def __init__(self, path: Path, items: int) -> None:
        self.path, self.items = path, items
        self._interpreter = opened(path)
        inputs, outputs = _signature(self._interpreter, str(path))
        self.inputs = {name: int(details["index"]) for name, details in inputs.items()}
        """Name of each input -> its tensor."""
        if USER in inputs:
            self._nobody = np.zeros(inputs[USER]["shape"], np.float32)
        self._items, self._scores = (
            int(outputs[name]["index"]) for name in (OUTPUT_ITEMS, OUTPUT_SCORES)
        )
        self.length = int(inputs[INPUT]["shape"][1])
        """Items in a context."""
        keys = self._interpreter.get_signature_list()
        self.taps, self.learns = TAP in keys, UPDATE in keys
        """Whether it has these signatures too."""
        self._every, self.seen = ranking_tensor(self._interpreter, self._items, str(path))
        """The last: whether the file takes the items of its context out of what it returns."""
        details = self._interpreter._get_tensor_details(self._every, 0)
        found = int(np.prod(details["shape"]))
        if found != items:
            raise ModelError(
                f"ranks {found} items",
                where=str(path),
                allowed=f"{items}, one column for each item of the catalogue",
            )
        self.step, self._zero_point = quantization_of(details, str(path))

    def __call__(self, contexts: Features | Ids) -> Scores:
        """Inputs of ``n`` queries, or contexts int32 ``(n, length)`` alone -> float32
        ``(n, items)``, as the file's own ranking sees them.
        """
        asked = Features.of(contexts)
        return np.stack([self._run(asked.query(row)) for row in range(len(asked))])

    def answer(self, context: Features | Ids) -> Answer:
        """All that the file says to one query, or to one context int32 ``(length,)`` alone."""
        asked = context if isinstance(context, Features) else Features.of(context[None])
        every = self._run(asked.query(0))
        return Answer(
            every=every,
            items=self._interpreter.get_tensor(self._items).reshape(-1),
            scores=self._interpreter.get_tensor(self._scores).reshape(-1),
        )

    def _run(self, query: Mapping[str, NDArray[Any]]) -> Scores:
        if ALLOWED in self.inputs and ALLOWED not in query:
            query = {**query, ALLOWED: np.ones((1, self.items), np.float32)}
        if USER in self.inputs and USER not in query:
            query = {**query, USER: self._nobody}
        if query.keys() != self.inputs.keys():
            raise ModelError(
                f"takes {choices(sorted(self.inputs))}",
                where=str(self.path),
                allowed=f"what it is asked with: {choices(sorted(query))}",
            )
        # A fused LSTM keeps its state in variable tensors that outlive invoke(): without the
        # reset, each user would be scored after all those before.
        try:
            self._interpreter.reset_all_variables()
            for name, value in query.items():
                self._interpreter.set_tensor(self.inputs[name], value)
            self._interpreter.invoke()
            raw = self._interpreter.get_tensor(self._every).reshape(-1)
        except (RuntimeError, ValueError) as error:
            raise StageError(f"the model does not run: {error}", where=str(self.path)) from error
        scores: Scores = raw.astype(np.float32)
        if self.step:
            scores = (scores - np.float32(self._zero_point)) * np.float32(self.step)
        return scores


def opened(path: Path, content: bytes | None = None) -> Any:
    """An interpreter that keeps what is between the operators.

    Args:
        content: instead of the file's own.

    Raises:
        ModelError: it cannot be loaded.
    """
    require("profile", "scoring a .tflite")
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            str(path) if content is None else None,
            model_content=content,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"cannot be loaded: {error}", where=str(path), allowed="a .tflite of builtin ops"
        ) from error
    return interpreter


def _signature(interpreter: Any, where: str) -> tuple[Any, Any]:
    """Details of the inputs and outputs by name.

    The runner must not outlive this function: it holds on to the interpreter's insides, and
    ``invoke()`` refuses to work as long as anybody does.
    """
    try:
        runner = interpreter.get_signature_runner(SIGNATURE)
    except ValueError as error:
        raise ModelError(
            f"no signature {SIGNATURE!r}",
            where=where,
            allowed=", ".join(interpreter.get_signature_list()) or "none is there",
            remedy="export it with rbench",
        ) from error
    check_subgraph(runner, where)
    inputs, outputs = runner.get_input_details(), runner.get_output_details()
    shape = tuple(int(size) for size in inputs[INPUT]["shape"]) if INPUT in inputs else ()
    if len(shape) != 2 or shape[0] != 1 or inputs[INPUT]["dtype"] is not np.int32:
        raise ModelError(
            f"inputs {', '.join(sorted(inputs))}, shape {shape}",
            where=where,
            allowed=f"among them {INPUT}: int32 [1, length]",
        )
    if not {OUTPUT_ITEMS, OUTPUT_SCORES} <= set(outputs):
        raise ModelError(
            f"outputs {', '.join(sorted(outputs))}",
            where=where,
            allowed=f"{OUTPUT_ITEMS} and {OUTPUT_SCORES}",
        )
    return inputs, outputs


def quantization_of(details: Any, where: str) -> tuple[float, int]:
    """Scale and zero point of the scores; scale 0 where they are floats."""
    if np.issubdtype(details["dtype"], np.floating):
        return 0.0, 0
    parameters = details["quantization_parameters"]
    if len(parameters["scales"]) != 1:
        raise ModelError(
            f"scores of type {np.dtype(details['dtype'])} with {len(parameters['scales'])} scales",
            where=where,
            allowed="floats, or integers with one scale",
        )
    return float(parameters["scales"][0]), int(parameters["zero_points"][0])
