"""Is a file told apart from itself, and from a slower one? Real timings, the gate's own code.

    python benchmarks/aa.py [--pairs 100] [--rounds 4] [--target xnnpack] [--out aa.jsonl]

A recurrent model (GRU, unrolled; a catalogue of 3,650 items, weights as drawn) with a context of 50
items is timed as two cells, and beside them the same model with a context of 55. All three are in
every round, each in a process of its own; every other round has the order of the one before it
reversed, so that what drifts steadily falls on all alike. So many times a pair of equal cells is
called ``different``, and so many times the longer context is, at the chance that `rbench.gate.tell`
works with. Without interruption some 8 minutes; each comparison that is done stands in the file
``--out``, and another start with the same file goes on there. Needs rbench[sweep].
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
from rich.console import Console
from rich.progress import track

from rbench.cells.target import Target
from rbench.gate.told import differ
from rbench.profile import ProfileSettings, measure
from rbench.profile.strangers import entry_of, made_up
from rbench.stats import ALPHA
from rbench.stats.rounds import combined, in_common

ITEMS = 3650
CELLS = {"cell": 50, "twin": 50, "longer": 55}
"""Name -> items in its context."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--encoder", default="gru")
    parser.add_argument("--target", default="xnnpack")
    parser.add_argument("--out", type=Path, default=Path("aa.jsonl"))
    asked = parser.parse_args()
    console = Console()
    about = {"encoder": asked.encoder, "target": asked.target, "rounds": asked.rounds}
    done = _read(asked.out, about)
    with tempfile.TemporaryDirectory() as place:
        if len(done) < asked.pairs:
            files = _files(asked.encoder, Path(place))
            for number in track(
                range(len(done), asked.pairs), "comparisons", console=Console(stderr=True)
            ):
                made = {**about, **compared(files, asked.target, asked.rounds, number, Path(place))}
                with asked.out.open("a") as file:
                    file.write(json.dumps(made) + "\n")
                done.append(made)
    report(done[: asked.pairs], console)


def compared(
    files: dict[int, Path], target: str, rounds: int, number: int, place: Path
) -> dict[str, Any]:
    """The round medians of one comparison's three cells, and what else the machine did."""
    settings = ProfileSettings(
        rounds=rounds,
        min_runs=200 * rounds,
        min_seconds=0.1 * rounds,
        warmup_seconds=0.05,
        op_runs=0,
    )
    draw = random.Random(number)
    medians: dict[str, list[float]] = {name: [] for name in CELLS}
    others = []
    order = sorted(CELLS)
    for round_ in range(rounds):
        order = order[::-1] if round_ % 2 else draw.sample(order, len(order))
        for name in order:
            path = files[CELLS[name]]
            contexts = path.with_suffix(".npy")
            made = measure(settings, path, Target.parse(target), contexts, round_, place)
            medians[name].append(made.median_us)
            others.append(made.surroundings.others_cores or 0.0)
    return {"medians_us": medians, "others_cores": max(others), "load": os.getloadavg()[0]}


def report(done: list[dict[str, Any]], console: Console) -> None:
    """The counts, and what the machine was like."""
    groups = [
        [[math.log(x) for x in one["medians_us"][name]] for name in ("cell", "twin")]
        for one in done
    ]
    noise = combined(*map(in_common, groups))
    counts = {"twin": 0, "longer": 0}
    ratios: dict[str, list[float]] = {"twin": [], "longer": []}
    for one in done:
        for name in counts:
            medians = one["medians_us"]
            answer, ratio = differ(medians[name], medians["cell"], noise)
            counts[name] += answer == "different"
            ratios[name].append(ratio.value)
    total, first = len(done), done[0]
    spread = np.std([math.log(x) for x in ratios["twin"]], ddof=1)
    load = [one["load"] for one in done]
    contention = [one["others_cores"] for one in done]
    console.print(
        f"{first['encoder']} on {first['target']}, {first['rounds']} rounds a cell, "
        f"{total} comparisons, chance {ALPHA:.2%} on each side"
    )
    console.print(f"the same file:      different in {counts['twin']} of {total}")
    console.print(
        f"10 % longer context: different in {counts['longer']} of {total} "
        f"(median ratio {np.median(ratios['longer']):.3f})"
    )
    console.print(
        f"noise: a round {math.sqrt(noise.variance):.2%}, the ratio of equal cells {spread:.2%} "
        f"(from its rounds {math.sqrt(2 * noise.variance / first['rounds']):.2%}), at most "
        f"{max(abs(math.log(x)) for x in ratios['twin']):.1%}"
    )
    console.print(
        f"machine: load average {min(load):.1f} to {max(load):.1f}; others used "
        f"{np.median(contention):.2f} cores (median over comparisons of the busiest round), "
        f"at most {max(contention):.2f}"
    )


def _read(path: Path, about: dict[str, Any]) -> list[dict[str, Any]]:
    """What an earlier start has done."""
    if not path.exists():
        return []
    done = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    if any(one.get(key) != value for one in done for key, value in about.items()):
        raise SystemExit(f"{path} is about something else: name another file with --out")
    return done


def _files(name: str, place: Path) -> dict[int, Path]:
    """Length of the context -> the model, its contexts beside it."""
    import tf_keras

    from rbench import plugins
    from rbench.convert.export import Recommender
    from rbench.convert.noise import captured
    from rbench.encoding import Form, ModelSettings
    from rbench.graph.model import scoring_model
    from rbench.testing.whole import converted, rewritten

    files = {}
    with captured(place / "noise.log"):
        for length in sorted(set(CELLS.values())):
            tf_keras.backend.clear_session()
            tf_keras.utils.set_random_seed(1)
            form = Form(last=True, unrolled=plugins.encoder(name).recurrent)
            drawn = scoring_model(plugins.encoder(name), ModelSettings(length=length), ITEMS, form)
            contexts = np.zeros((1, length), np.int32)
            content = converted("float32", Recommender(drawn, length, 100), contexts)
            files[length] = place / f"{name}{length}.tflite"
            files[length].write_bytes(rewritten(content)[0])
            np.save(files[length].with_suffix(".npy"), made_up(entry_of(files[length]), 256, 1))
    return files


if __name__ == "__main__":
    main()
