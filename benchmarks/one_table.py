"""What one item table saves and what it costs: the tables of docs/recipes.md.

    python benchmarks/one_table.py [ENCODER ...]

Sizes: attention of width 64 over a catalogue of 3,650 items, as drawn: the library's plain file
(tf.lite's, for weight-only and 4-bit schemes ai-edge-quantizer's) and rbench's. Agreement: every
encoder, trained for a few epochs on the synthetic log; the share of the float32 file's ten best
items that the plain file keeps, and rbench's, on plain kernels, a line as soon as it is known. A
dash: no kernel runs the file. With names of encoders, only their agreement. Needs rbench[sweep];
takes some minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from rich.console import Console
from rich.table import Table

from rbench import data, plugins, train
from rbench.convert.calibration import calibration_contexts
from rbench.convert.noise import captured
from rbench.data import DataSettings
from rbench.encoding import Form, ModelSettings
from rbench.graph.model import scoring_model, set_weights
from rbench.recipes.registered import schemes
from rbench.train.weights import load_weights

SETTINGS = ModelSettings()
QUANTIZER = {"dynamic_wi4", "weight_only_wi8", "weight_only_wi4"}
"""Schemes that tf.lite does not have: the plain file is ai-edge-quantizer's."""
NOBODYS = {"dynamic_wi2"}
"""Schemes that neither library has: there is no plain file."""
ITEMS = 3650
EPOCHS = 15
CONTEXTS = 200


def main() -> None:
    console = Console(file=os.fdopen(os.dup(1), "w"), width=140, highlight=False)
    with tempfile.TemporaryDirectory() as place, captured(Path(place) / "noise.log"):
        names = sys.argv[1:]
        if not names:
            console.print(sizes())
        for name in names or plugins.names(plugins.ENCODERS):
            for line in agreement(name, Path(place)):
                console.print(line)


def sizes() -> Table:
    random = np.random.default_rng(1)
    contexts = random.integers(1, ITEMS + 1, (CONTEXTS, SETTINGS.length)).astype(np.int32)
    model = drawn("attention", ITEMS)
    table = Table("scheme", "plain bytes", "relative", "one table bytes", "relative")
    whole = 0
    for scheme in schemes():
        plain, shared = plainly(model, scheme, contexts), converted(model, scheme, contexts)
        if not shared:
            continue
        whole = whole or len(shared)
        row = (
            (f"{len(content):,}", f"{len(content) / whole:.2f}") if content else ("-", "-")
            for content in (plain, shared)
        )
        table.add_row(scheme, *(cell for pair in row for cell in pair))
    return table


def agreement(name: str, place: Path) -> Iterator[str]:
    """One line a scheme; the encoder is trained once for all of them."""
    dataset = data.load(DataSettings())
    calibration = calibration_contexts(dataset, SETTINGS.length, CONTEXTS, 1)
    contexts = dataset.test.contexts(SETTINGS.length)[:CONTEXTS]
    folder = place / name
    folder.mkdir()
    encoder = plugins.encoder(name)
    train.train(train.TrainSettings(epochs=EPOCHS), SETTINGS, dataset, encoder, 1, folder)
    model = drawn(name, dataset.items)
    set_weights(model, load_weights(folder))
    best = top_ten(plainly(model, "float32", calibration), contexts)
    yield f"{name:<12}{'scheme':<18}{'plain':>6}{'one table':>11}"
    for scheme in list(schemes())[1:]:
        kept = [share(best, make(model, scheme, calibration), contexts) for make in FILES]
        yield f"{name:<12}{scheme:<18}{kept[0]:>6}{kept[1]:>11}"


def share(best: list[Any], content: bytes, contexts: Any) -> str:
    """Mean share of the ten best items that a file keeps; a dash where there is none."""
    if not content:
        return "-"
    kept = zip(best, top_ten(content, contexts), strict=True)
    return f"{np.mean([len(set(a) & set(b)) / 10 for a, b in kept]):.3f}"


def drawn(name: str, items: int) -> Any:
    import tf_keras

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(1)
    return scoring_model(plugins.encoder(name), SETTINGS, items, Form(last=True))


def plainly(model: Any, scheme: str, contexts: Any) -> bytes:
    """What the library writes; empty where no kernel runs it."""
    from rbench.convert.export import Recommender
    from rbench.convert.flatbuffer import op_names, pack
    from rbench.convert.tflite import Exported
    from rbench.schemes import static_wi8_ai16

    source = Exported(Recommender(model, SETTINGS.length, 100), contexts)
    if scheme == static_wi8_ai16.SCHEME.name:
        made = source.by_tflite(static_wi8_ai16.calibrated(source))
        barred = {static_wi8_ai16.UNSERVED, *static_wi8_ai16.SCHEME.lacks} & op_names(made)
        return b"" if barred else pack(made)
    if scheme in NOBODYS:
        return b""
    if scheme not in QUANTIZER:
        return pack(schemes()[scheme].convert(source).model)
    from ai_edge_quantizer import quantizer, recipe

    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        file.write(pack(source.by_tflite()))
        file.flush()
        made = quantizer.Quantizer(file.name, getattr(recipe, f"{scheme}_afp32")())
        return bytes(made.quantize().quantized_model)


def converted(model: Any, scheme: str, contexts: Any) -> bytes:
    """What rbench writes; empty where it refuses to."""
    from rbench.convert.export import Recommender
    from rbench.convert.flatbuffer import op_names
    from rbench.convert.rewriting import ready_for_devices, share_and_tidy, written
    from rbench.convert.slimming import slim
    from rbench.convert.tflite import Exported

    found = schemes()[scheme]
    made = found.convert(Exported(Recommender(model, SETTINGS.length, 100), contexts)).model
    share_and_tidy(made)
    if found.objection(op_names(made)):
        return b""
    ready_for_devices(made)
    slim(made)
    return written(made)


FILES = (plainly, converted)


def top_ten(content: bytes, contexts: Any) -> list[Any]:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    made = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
    made.allocate_tensors()
    source = made.get_input_details()[0]["index"]
    items = made.get_signature_runner("recommend").get_output_details()["items"]["index"]
    found = []
    for context in contexts:
        made.reset_all_variables()
        made.set_tensor(source, context[None])
        made.invoke()
        found.append(made.get_tensor(items)[0, :10])
    return found


if __name__ == "__main__":
    sys.exit(main())
