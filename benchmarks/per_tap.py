"""What a state per tap is worth: the table of docs/personal.md.

    python benchmarks/per_tap.py [--length 50 --length 200] [--scheme float32 ...]

Every encoder that keeps a state, width 64, 3,650 items, the 100 best, weights as drawn, on XNNPACK
with one thread: the whole context by `recommend`, and one item by `tap`, scoring and ranking
included in both. All files and signatures take turns in short rounds of one process, so that
whatever else the machine does hits all alike; a ratio is that of the medians of their round
medians. Leaves with 1 where gru or lstm need more than 0.45 of the time at length 50, or 0.2 at
200. Needs rbench[sweep]; takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from rich.console import Console
from rich.table import Table

from rbench import data, plugins
from rbench.cells.recipe import Recipe
from rbench.convert import MODEL, ConvertSettings, convert
from rbench.convert.noise import captured
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import Form, ModelSettings
from rbench.graph.model import get_weights, scoring_model
from rbench.profile import loop
from rbench.profile.taps import tap_query_of
from rbench.profile.tools.litert import interpreted
from rbench.train.weights import save_weights

ITEMS = 3650
ENCODERS = ("bow", "cnn", "lstm", "gru", "attention", "lru", "mixer", "gated_attention")
SCHEMES = ("float32", "float16", "dynamic_wi8", "dynamic_wi4", "static_wi8_ai8")
MOST = {50: 0.45, 200: 0.2}
"""Length -> of gru's and lstm's time for the whole context, what a tap may take."""
ROUNDS = 20
RUNS = 60
WARMUP = 10


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--length", type=int, action="append")
    words.add_argument("--encoder", action="append", choices=ENCODERS)
    words.add_argument("--scheme", action="append", choices=SCHEMES)
    chosen = words.parse_args()
    console = Console(file=os.fdopen(os.dup(1), "w"), width=110)
    table = Table("length", "encoder", "scheme", "bytes", "more", "recommend us", "tap us", "ratio")
    slow = []
    for length in chosen.length or sorted(MOST):
        with tempfile.TemporaryDirectory() as place:
            settings = ModelSettings(length=length)
            rows, found = measured(
                settings, chosen.encoder or ENCODERS, chosen.scheme or SCHEMES, Path(place)
            )
        for row in rows:
            table.add_row(str(length), *row)
        limit = MOST.get(length, 1.0)
        slow += [
            f"{name} {scheme} at {length}: {ratio:.2f}, at most {limit}"
            for (name, scheme), ratio in found.items()
            if name in ("gru", "lstm") and ratio > limit
        ]
    console.print(table)
    for line in slow:
        console.print(f"too slow: {line}")
    sys.exit(bool(slow))


def measured(
    settings: ModelSettings, encoders: list[str], schemes: list[str], place: Path
) -> tuple[list[tuple[str, ...]], dict[tuple[str, str], float]]:
    """Lines of the table, and the ratios of the files that have a tap."""
    known = SyntheticSettings(users=600, items=ITEMS, interactions_per_user=60)
    log = data.load(DataSettings(synthetic=known))
    contexts = log.test.contexts(settings.length)[:64]
    queries: dict[tuple[str, str, bool], loop.Query] = {}
    said: dict[tuple[str, str], tuple[int, int, str]] = {}
    kept = []
    for name in encoders:
        folder = place / name
        folder.mkdir()
        with captured(folder / "noise.log"):
            save_weights(folder, drawn(name, settings, log.items))
        for scheme in schemes:
            sizes = []
            for tap in (False, True):
                into = folder / f"{scheme}-{tap}"
                into.mkdir()
                encoder = plugins.encoder(name)
                asked = ConvertSettings(calibration_contexts=40, tap=tap)
                made = convert(Recipe.parse(scheme), asked, settings, folder, log, encoder, 1, into)
                sizes.append(made.size_bytes)
            reason = str(made.census["tap"].get("reason", ""))
            said[name, scheme] = (sizes[1], sizes[1] - sizes[0], reason)
            path = str(into / MODEL)
            whole = interpreted.load(path, "xnnpack", 1)
            kept.append(whole)
            queries[name, scheme, False] = loop.query_of(whole, contexts)
            if not reason:
                stepping = interpreted.load(path, "xnnpack", 1)
                kept.append(stepping)
                queries[name, scheme, True] = tap_query_of(stepping, contexts)
    times = taken_in_turn(queries)
    rows, ratios = [], {}
    for (name, scheme), (size, more, reason) in said.items():
        whole_us, tap_us = times[name, scheme, False], times.get((name, scheme, True))
        cells = (name, scheme, f"{size:,}", f"{more:,}" if tap_us else "-", f"{whole_us:.1f}")
        if tap_us:
            ratios[name, scheme] = tap_us / whole_us
            rows.append((*cells, f"{tap_us:.1f}", f"{tap_us / whole_us:.2f}"))
        else:
            rows.append((*cells, "-", reason))
    return rows, ratios


def drawn(name: str, settings: ModelSettings, items: int) -> dict[str, np.ndarray]:
    """Weights that nobody trained."""
    import tf_keras

    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(1)
    model = scoring_model(plugins.encoder(name), settings, items, Form(last=True))
    return get_weights(model)


def taken_in_turn(queries: dict[tuple[str, str, bool], loop.Query]) -> dict[object, float]:
    """Microseconds a query: the median over the rounds of a round's median."""
    rounds: dict[object, list[float]] = {key: [] for key in queries}
    for turn in range(ROUNDS):
        for key, query in queries.items():
            samples = [query(turn * RUNS + number) for number in range(RUNS)]
            rounds[key].append(median(samples[WARMUP:]) / 1000)
    return {key: median(medians) for key, medians in rounds.items()}


if __name__ == "__main__":
    main()
