"""What learning on the device costs: the table of docs/personal.md.

    python benchmarks/personal.py [--encoder bow ...] [--scheme float32 ...] [--state variable ...]

Every encoder and scheme, width 64, contexts of 50, 3,650 items, the 100 best, weights as drawn, on
XNNPACK with one thread: `recommend` of the file that learns beside that of the same file without,
and one step, `update`. All take turns in short rounds of one process, so that whatever else the
machine does hits all alike; the ratio is the median over the rounds of the ratio in a round. A new
user's answers are compared with those of the file without. Leaves with 1 where `recommend` takes
more than 1.10 of the time, `update` more than 10 us, the file more than 8 KB, where an answer
differs, or where a file holds a second item table. Needs rbench[sweep]; takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from per_tap import ENCODERS, ITEMS, SCHEMES, drawn
from rich.console import Console
from rich.table import Table

from rbench import data, plugins
from rbench.cells.recipe import Recipe
from rbench.convert import MODEL, ConvertSettings, PersonalSettings, convert
from rbench.convert.noise import captured
from rbench.data.settings import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings
from rbench.profile import loop
from rbench.profile.tools.litert import interpreted
from rbench.profile.updates import update_query_of
from rbench.train.weights import save_weights

MOST_RATIO, MOST_US, MOST_BYTES = 1.10, 10.0, 8192
ROUNDS, RUNS, WARMUP = 40, 40, 8
SAME = 64
"""Contexts whose answers are compared."""


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--encoder", action="append", choices=ENCODERS)
    words.add_argument("--scheme", action="append", choices=SCHEMES)
    words.add_argument("--state", action="append", choices=("variable", "tensor"))
    chosen = words.parse_args()
    console = Console(file=os.fdopen(os.dup(1), "w"), width=120)
    heads = ("encoder", "scheme", "state", "bytes", "more", "without us", "ratio", "update us")
    table, wrong = Table(*heads, "one table", "answers"), []
    known = SyntheticSettings(users=600, items=ITEMS, interactions_per_user=60)
    log = data.load(DataSettings(synthetic=known))
    with tempfile.TemporaryDirectory() as place:
        for name in chosen.encoder or ENCODERS:
            for row in measured(name, chosen, log, Path(place) / name):
                table.add_row(*row[:-1])
                wrong += row[-1]
    console.print(table)
    for line in wrong:
        console.print(line)
    sys.exit(bool(wrong))


def measured(name: str, chosen: Any, log: Any, folder: Path) -> list[tuple[Any, ...]]:
    """Lines of the table for one encoder, each with what is wrong behind it."""
    settings, rows = ModelSettings(length=50), []
    folder.mkdir()
    with captured(folder / "noise.log"):
        save_weights(folder, drawn(name, settings, log.items))
    contexts = log.test.contexts(settings.length)[:SAME]
    for scheme in chosen.scheme or SCHEMES:
        plain = made(name, scheme, None, settings, log, folder)
        for state in chosen.state or ("variable",):
            said = made(name, scheme, PersonalSettings(state=state), settings, log, folder)
            rows.append(row(name, scheme, state, plain, said, contexts))
    return rows


def made(
    name: str, scheme: str, personal: Any, settings: ModelSettings, log: Any, folder: Path
) -> tuple[Path, Any]:
    """A file, and what its conversion said."""
    into = folder / f"{scheme}-{personal.state if personal else 'plain'}"
    into.mkdir()
    said = convert(
        Recipe.parse(scheme),
        ConvertSettings(calibration_contexts=40),
        settings,
        folder,
        log,
        plugins.encoder(name),
        1,
        into,
        personal=personal,
    )
    return into / MODEL, said


def row(
    name: str, scheme: str, state: str, plain: Any, learning: Any, contexts: Any
) -> tuple[Any, ...]:
    """One line, and what is wrong."""
    (before, bare), (after, said) = plain, learning
    more = said.size_bytes - bare.size_bytes
    if reason := said.census["personal"].get("reason"):
        return (name, scheme, state, f"{said.size_bytes:,}", *["-"] * 5, reason, [])
    loaded = [interpreted.load(str(path), "xnnpack", 1) for path in (before, after, after)]
    queries = [loop.query_of(loaded[0], contexts), asking(loaded[1], contexts)]
    queries.append(update_query_of(loaded[2], contexts))
    samples: list[list[float]] = [[], [], []]
    for turn in range(ROUNDS):
        for number, query in enumerate(queries):
            taken = [query(turn * RUNS + run) for run in range(RUNS)]
            samples[number].append(median(taken[WARMUP:]) / 1000)
    ratio = median(new / old for old, new in zip(*samples[:2], strict=True))
    update = median(samples[2])
    same = answers(loaded[0], contexts) == answers(loaded[1], contexts)
    one = said.census["item_table"]["shared"] and not said.census["stored_twice"]["buffers"]
    place = f"{name} {scheme} {state}"
    wrong = [
        f"{place}: {what}"
        for what, bad in (
            (f"recommend takes {ratio:.3f} of the time", ratio > MOST_RATIO),
            (f"update takes {update:.1f} us", update > MOST_US),
            (f"{more:,} bytes more", more > MOST_BYTES),
            ("a second item table", not one),
            ("a new user gets other answers", not same),
        )
        if bad
    ]
    size, us = f"{said.size_bytes:,}", f"{median(samples[0]):.1f}"
    told = ("yes" if one else "NO", "same" if same else "OTHERS", wrong)
    return (name, scheme, state, size, f"{more:,}", us, f"{ratio:.3f}", f"{update:.1f}", *told)


def asking(interpreter: Any, contexts: Any) -> loop.Query:
    """The query of `recommend`, with a new user where it is told whose it is."""
    details = interpreter.get_signature_runner("recommend").get_input_details()
    if "user" in details:
        nobody = np.zeros(details["user"]["shape"], np.float32)
        interpreter.set_tensor(details["user"]["index"], nobody)
    place = details["context"]["index"]
    fed = [np.ascontiguousarray(context[None]) for context in contexts]
    invoke, clock = interpreter._interpreter.Invoke, loop.perf_counter_ns

    def query(number: int) -> int:
        interpreter.set_tensor(place, fed[number % len(fed)])
        interpreter.reset_all_variables()
        began = clock()
        invoke()
        return clock() - began

    return query


def answers(interpreter: Any, contexts: Any) -> list[bytes]:
    """Items and scores of a new user, bit by bit."""
    runner = interpreter.get_signature_runner("recommend")
    found = []
    for context in contexts:
        asked = {"context": np.ascontiguousarray(context[None])}
        if "user" in runner.get_input_details():
            asked["user"] = np.zeros(runner.get_input_details()["user"]["shape"], np.float32)
        interpreter.reset_all_variables()
        said = runner(**asked)
        found += [said["items"].tobytes(), said["scores"].tobytes()]
    return found


if __name__ == "__main__":
    main()
