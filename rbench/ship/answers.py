"""What the very file says to a context, as an app would hear it: by its signature's names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from rbench.convert.noise import captured
from rbench.data.dataset import Ids
from rbench.data.ranking import Scores
from rbench.errors import ModelError, StageError
from rbench.features import ALLOWED
from rbench.ship.documents import Personal, Scale, Tap, Tensor
from rbench.signatures import (
    FED,
    INPUT,
    ITEM,
    NEXT,
    OUTPUT_ITEMS,
    OUTPUT_SCORES,
    QUERY,
    RESET,
    RESTORE,
    SIGNATURE,
    STATE,
    TAP,
    UPDATE,
    USER,
)
from rbench.system import extras

BACKEND = "litert/xnnpack"
"""What apps get unasked, and what gives the golden answers."""
MEANINGS = {
    INPUT: "indices into items.json, oldest first, padded on the left with 0",
    OUTPUT_ITEMS: "indices into items.json, best first",
    OUTPUT_SCORES: "their scores: of use for order and for thresholds, no probabilities",
    STATE: "what the taps so far left; zeros before the first",
    ITEM: "index into items.json of the item that was touched",
    QUERY: "what scored the items: goes into update as it is",
    USER: "what was learnt of the user so far; zeros before anything was",
    ALLOWED: "1 for an item that may come back, 0 for one that may not; column j is index j + 1",
}


class Answer(NamedTuple):
    """The items that the file returns, and their scores."""

    items: Ids
    """int32 ``(k,)``, best first."""
    scores: Scores
    """float32 ``(k,)``."""


class ModelRunner:
    """Opens a file as an app does, XNNPACK included, and answers contexts.

    Args:
        path: the .tflite, with the signature of `rbench.signatures`.
        features: name of each further input -> what records say of its feature.

    Raises:
        ModelError: the runtime refuses the file, or it is no such model.
        MissingExtraError: ai-edge-litert is not installed.
    """

    def __init__(self, path: Path, features: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        extras.require("profile", "asking a .tflite", "ai_edge_litert")
        from ai_edge_litert.interpreter import Interpreter

        try:
            # The runtime says on stderr that it has made a delegate, which is no news.
            with captured(Path(os.devnull)):
                self._interpreter = Interpreter(str(path), num_threads=1)
                self._interpreter.allocate_tensors()  # before it, there is no state to reset
            self._runner = self._interpreter.get_signature_runner(SIGNATURE)
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"the runtime refuses it: {error}",
                where=str(path),
                allowed=f"a .tflite with the signature {SIGNATURE!r}",
            ) from error
        self._where, self.signature = str(path), SIGNATURE
        self.inputs = _tensors(self._runner.get_input_details(), features or {})
        self.outputs = _tensors(self._runner.get_output_details(), {})
        self.tap, self.personal = _tap(self._interpreter), _personal(self._interpreter)
        named = {tensor.name: tensor for tensor in (*self.inputs, *self.outputs)}
        missing = {INPUT, OUTPUT_ITEMS, OUTPUT_SCORES} - set(named)
        unknown = [t.name for t in self.inputs if t.name != INPUT and not t.kind]
        if missing or unknown or len(named[INPUT].shape) != 2:
            raise ModelError(
                f"its signature has {', '.join(named)}",
                where=str(path),
                allowed=f"{INPUT}, and what features and filters add -> {OUTPUT_ITEMS}, "
                f"{OUTPUT_SCORES}",
            )
        self.user = next((t for t in self.inputs if t.name == USER), None)
        """The input that is told what was learnt."""
        self.beside = tuple(t for t in self.inputs if t.name not in (INPUT, ALLOWED, USER))
        """The inputs of features."""
        self.told = next((t for t in self.inputs if t.name == ALLOWED), None)
        """The input that says which items may come back."""
        self.length = named[INPUT].shape[1]
        self.k = named[OUTPUT_ITEMS].shape[-1]

    def answer(
        self,
        context: Ids,
        name: str = "",
        *,
        given: Mapping[str, Sequence[float]] | None = None,
        allowed: Sequence[int] | None = None,
    ) -> Answer:
        """Ask int32 ``(length,)``.

        Args:
            name: of the question, for messages.
            given: what stands beside it, by input; 0 everywhere if left out.
            allowed: the items that may come back; all of them if left out.

        Raises:
            StageError: the model does not run, or a score is no finite number.
        """
        where = f"{self._where}, {name}" if name else self._where
        try:
            # The state of a fused LSTM outlives a query.
            self._interpreter.reset_all_variables()
            found = self._runner(**self.query(context, given or {}, allowed))
        except (RuntimeError, ValueError) as error:
            raise StageError(f"the model does not run: {error}", where=where) from error
        scores = np.array(found[OUTPUT_SCORES], np.float32).reshape(-1)
        if not np.isfinite(scores).all():
            raise StageError("a score is no finite number", where=where)
        return Answer(np.array(found[OUTPUT_ITEMS], np.int32).reshape(-1), scores)

    def query(
        self, context: Ids, given: Mapping[str, Sequence[float]], allowed: Sequence[int] | None
    ) -> dict[str, NDArray[Any]]:
        """All inputs of one question, each with a batch of one."""
        asked: dict[str, NDArray[Any]] = {INPUT: np.ascontiguousarray(context[None], np.int32)}
        for tensor in self.beside:
            row = given.get(tensor.name, [0] * self.length)
            asked[tensor.name] = np.array([row], tensor.dtype)
        if self.told is not None:
            mask = np.full(self.told.shape, allowed is None, np.float32)
            if allowed:
                mask[0, np.array(allowed) - 1] = 1
            asked[ALLOWED] = mask
        if self.user is not None:
            asked[USER] = np.zeros(self.user.shape, np.float32)
        return asked


def _tap(interpreter: Any) -> Tap | None:
    """The other signature, where the file has it."""
    if TAP not in interpreter.get_signature_list():
        return None
    runner = interpreter.get_signature_runner(TAP)
    return Tap(
        signature=TAP,
        inputs=_tensors(runner.get_input_details(), {}),
        outputs=_tensors(runner.get_output_details(), {}),
        state=STATE,
        item=ITEM,
    )


def _personal(interpreter: Any) -> Personal | None:
    """What lets the file learn, where it does."""
    keys = interpreter.get_signature_list()
    if UPDATE not in keys:
        return None
    outputs = interpreter.get_signature_runner(UPDATE).get_output_details()
    variable = RESTORE in keys
    return Personal(
        state="variable" if variable else "tensor",
        numbers=int(outputs[USER]["shape"][-1]),
        user=USER,
        next=NEXT,
        fed=FED,
        update=UPDATE,
        restore=RESTORE if variable else "",
        reset=RESET if variable else "",
    )


def _tensors(
    details: dict[str, Any], features: Mapping[str, Mapping[str, Any]]
) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(
            name=name,
            dtype=np.dtype(one["dtype"]).name,
            shape=tuple(int(size) for size in one["shape"]),
            meaning=MEANINGS.get(name) or str(features.get(name, {}).get("meaning", "")),
            kind=name if name in (ALLOWED, USER) else str(features.get(name, {}).get("kind", "")),
            **_made_of(features.get(name, {})),
        )
        for name, one in sorted(details.items())
    )


def _made_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a client needs to make an input of a log's column; a stranger's says nothing of it."""
    try:
        scale = msgspec.convert(facts.get("scale"), Scale | None)
        return {"scale": scale, "words": msgspec.convert(facts.get("words", ()), tuple[str, ...])}
    except msgspec.ValidationError:
        return {}


def padded(history: Sequence[int], length: int) -> Ids:
    """The newest of a history, padded on the left with 0: int32 ``(length,)``."""
    kept = list(history)[-length:]
    return np.array([0] * (length - len(kept)) + kept, np.int32)
