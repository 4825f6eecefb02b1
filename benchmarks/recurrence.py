"""What writing a recurrence out step by step is worth: the table of ratios in docs/recipes.md.

    python benchmarks/recurrence.py

The LSTM as one fused operator, LSTM and GRU unrolled: width 64, 50 steps, 3,650 items, the 100
best, weights as drawn, on XNNPACK with one thread. All files take turns in short rounds of one
process, so that whatever else the machine does hits all alike; ratios are of the median of a file's
round medians to that of the fused float32 LSTM.

XNNPACK packs the weights of each operator anew, so the one recurrent matrix of an unrolled graph
becomes 50 copies; in float32 those are larger than most second-level caches. With a weight cache,
which an app switches on where it makes the delegate, equal weights are packed once. The interpreter
of the ai-edge-litert wheel cannot switch it on; its CompiledModel can, and is measured: the
target ``xnnpack_cached``. CompiledModel refuses the fused operator. Needs rbench[sweep]; takes a
minute.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from rich.console import Console
from rich.table import Table

from rbench import plugins
from rbench.convert.noise import captured
from rbench.encoding import Form, ModelSettings
from rbench.graph.model import scoring_model
from rbench.profile import loop
from rbench.profile.queries import CONTEXT, Queries
from rbench.profile.tools.litert import compiled, interpreted
from rbench.testing.whole import rewritten

SETTINGS = ModelSettings()
ITEMS = 3650
SCHEMES = ("float32", "dynamic_wi8", "static_wi8_ai8")
FORMS = (("lstm", False), ("lstm", True), ("gru", True))
ROUNDS = 30
RUNS = 60
WARMUP = 10


def main() -> None:
    console = Console(file=os.fdopen(os.dup(1), "w"), width=100)
    with tempfile.TemporaryDirectory() as place, captured(Path(place) / "noise.log"):
        random = np.random.default_rng(1)
        contexts = random.integers(1, ITEMS + 1, (64, SETTINGS.length)).astype(np.int32)
        files = {
            (name, unrolled, scheme): written(name, unrolled, scheme, contexts, Path(place))
            for name, unrolled in FORMS
            for scheme in SCHEMES
        }
        asked = Queries({CONTEXT: contexts})
        queries = {
            (*key, False): loop.query_of(interpreted.load(str(path), "xnnpack", 1), asked)
            for key, path in files.items()
        }
        queries |= {
            (*key, True): compiled.query_of(compiled.load_cached(str(path), 1), asked, whole=False)
            for key, path in files.items()
            if key[1]
        }
        times = taken_in_turn(queries)
        whole = times["lstm", False, "float32", False]
        table = Table("file", "bytes", "us", "to fused float32", "with weight cache")
        for key, path in files.items():
            name, unrolled, scheme = key
            again = times.get((*key, True))
            table.add_row(
                f"{name}{', unrolled' if unrolled else ', fused'}, {scheme}",
                f"{path.stat().st_size:,}",
                f"{times[*key, False]:.1f}",
                f"{whole / times[*key, False]:.2f} x as fast",
                f"{again:.1f}, {whole / again:.2f} x" if again else "-",
            )
        console.print(table)
        for name, unrolled in FORMS:
            left = left_behind(files[name, unrolled, "float32"])
            console.print(f"{name}{', unrolled' * unrolled}, float32: XNNPACK leaves {left}")


def written(name: str, unrolled: bool, scheme: str, contexts: np.ndarray, place: Path) -> Path:
    import tf_keras

    from rbench.convert.export import Recommender
    from rbench.testing.whole import converted

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(1)
    form = Form(last=True, unrolled=unrolled)
    model = scoring_model(plugins.encoder(name, {}), SETTINGS, ITEMS, form)
    recommender = Recommender(model, SETTINGS.length, SETTINGS.top_k)
    content, _ = rewritten(converted(scheme, recommender, contexts))
    path = place / f"{name}-{unrolled}-{scheme}.tflite"
    path.write_bytes(content)
    return path


def taken_in_turn(queries: dict[tuple[str, bool, str, bool], loop.Query]) -> dict[object, float]:
    """Microseconds a query: the median over the rounds of a round's median."""
    rounds: dict[object, list[float]] = {key: [] for key in queries}
    for _ in range(ROUNDS):
        for key, query in queries.items():
            samples = [query(number) for number in range(RUNS)]
            rounds[key].append(median(samples[WARMUP:]) / 1000)
    return {key: median(medians) for key, medians in rounds.items()}


def left_behind(path: Path) -> str:
    """What XNNPACK leaves to the plain kernels."""
    from rbench.profile.tools.litert.nodes import nodes_taken

    found = nodes_taken(path, "xnnpack").left_behind
    return ", ".join(f"{op} {count}" for op, count in sorted(found.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
