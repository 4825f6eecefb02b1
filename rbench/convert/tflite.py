"""Conversion by TensorFlow Lite's own converter. Importing this module imports TensorFlow."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from rbench.convert.export import Recommender
from rbench.convert.flatbuffer import Model, parse
from rbench.convert.lstm_repair import repair_cell_states
from rbench.data.dataset import Ids
from rbench.errors import StageError
from rbench.features import Features
from rbench.recipes.scheme import Chosen, Configure

LAST_WORDS = 400
"""Characters of the converter's message that go into a record; the log has all."""
COMPLAINT = re.compile(r"error: (?:loc\(.*\): )?(.+)")
"""The first of MLIR's complaints, without the place in its intermediate program."""


@dataclass(frozen=True)
class Exported:
    """A model ready to convert: `rbench.recipes.scheme.Source`."""

    recommender: Recommender
    given: Features | Ids
    """To calibrate static schemes on; int32 ``(n, length)`` where nothing stands beside them."""
    learnt: bool = False
    """Whether the graph has fake quantization with learnt ranges."""

    @property
    def contexts(self) -> Features:
        """The same, by name."""
        return Features.of(self.given)

    def by_tflite(
        self, configure: Configure | None = None, in_float: Chosen | None = None
    ) -> Model:
        """A model of builtin operators, parsed once; see `rbench.recipes.scheme.Source`."""
        with tempfile.TemporaryDirectory() as place:
            self.recommender.save(Path(place))
            converter = tf.lite.TFLiteConverter.from_saved_model(
                place, signature_keys=[self.recommender.signature]
            )
            if configure is not None:
                configure(converter)
            try:
                content = _but_for(converter, in_float) if in_float else converter.convert()
            except Exception as error:  # the converter raises whatever its passes raise
                complaint = COMPLAINT.search(str(error))
                said = " ".join((complaint[1] if complaint else str(error)).split())
                raise StageError(f"tf.lite's converter: {said[:LAST_WORDS]}") from error
        model = parse(bytes(content))
        repair_cell_states(model)
        return model

    def calibrate(self, converter: Any) -> None:
        """Give a converter the contexts as its representative data."""

        def representative() -> Iterator[tuple[str, dict[str, Any]]]:
            contexts = self.contexts
            for row in range(len(contexts)):
                for asked in self.recommender.asked(contexts.query(row)):
                    yield self.recommender.signature, asked

        converter.representative_dataset = representative


def _but_for(converter: Any, in_float: Chosen) -> bytes:
    """Calibrate once and quantize twice: wholly, which fails where an operator has no int8 kernel,
    then without the operators that are to stay in float. It is tf.lite's selective quantization,
    which its debugger does.
    """
    tools = tf.lite.experimental
    quantizer = tools.QuantizationDebugger(
        converter=converter,
        debug_dataset=converter.representative_dataset,
        debug_options=tools.QuantizationDebugOptions(fully_quantize=True),
    )
    whole = parse(bytes(quantizer.get_nondebug_quantized_model()))
    graph = whole.subgraphs[0]
    names = [graph.tensors[operator.outputs[0]].name for operator in in_float(whole, graph)]
    quantizer.options = tools.QuantizationDebugOptions(
        denylisted_nodes=[name.decode() for name in names]
    )
    return bytes(quantizer.get_nondebug_quantized_model())
