"""What a large log costs until its first training step, beside a floor in plain numpy.

    python benchmarks/large_log.py [--millions 1 8 32] [--items 80000]

Makes Parquet files of so many million interactions (80,000 items, as unevenly popular as films,
400 interactions a user, times without order), and starts two programs for each. The floor reads
the three columns, numbers users and items and sorts by user and time, with pyarrow and numpy
alone. The other does what `rbench sweep` does: reads, orders, looks for copies, splits, sums up,
cuts windows and trains, on the loss that the rules choose. CPU seconds, so that other work on the
machine counts less, and the most memory that a program had at once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

USER_ROWS = 400
STEPS, COMPILING = 6, 2
"""Of training; those at the start are not counted in the time of a position."""
WINDOW, WIDTH = 200, 64


def main() -> None:
    given = _arguments()
    if given.child:
        print(json.dumps({"floor": _floor, "rbench": _rbench}[given.child](given.log)))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "million rows", "floor, CPU s", "load, CPU s", "ratio", "to the first step, CPU s"
    )
    for column in ("a million positions, CPU s", "floor, GB", "load, GB", "first step, GB"):
        table.add_column(column)
    with tempfile.TemporaryDirectory(dir=given.place) as folder:
        for millions in given.millions:
            log = Path(folder) / f"{millions:g}.parquet"
            make(log, round(millions * 1e6), given.items)
            floor, found = (_child(name, log) for name in ("floor", "rbench"))
            log.unlink()
            table.add_row(
                f"{millions:g}",
                f"{floor['cpu_s']:.1f}",
                f"{found['load_s']:.1f}",
                f"{found['load_s'] / floor['cpu_s']:.2f}",
                f"{found['first_s']:.1f}",
                f"{found['million_s']:.1f}",
                *(f"{at:.2f}" for at in (floor["gb"], found["load_gb"], found["first_gb"])),
            )
    Console(width=150).print(table)


def make(path: Path, rows: int, items: int) -> None:
    """A log as it might come: users and items in no order, times of ten years."""
    import pyarrow as pa
    from pyarrow import parquet

    draw = np.random.default_rng(1)
    popularity = 1 / (np.arange(items) + 50.0)
    columns = {
        "user_id": draw.integers(1, max(2, rows // USER_ROWS) + 1, rows),
        "item_id": draw.permutation(items)[
            np.searchsorted(np.cumsum(popularity / popularity.sum()), draw.random(rows))
        ],
        "rating": draw.integers(1, 6, rows).astype(np.int8),
        "timestamp": draw.integers(1_000_000_000, 1_300_000_000, rows),
    }
    parquet.write_table(pa.table(columns), path)


def _floor(log: str) -> dict[str, float]:
    from pyarrow import parquet

    began = time.process_time()
    table = parquet.read_table(log, columns=["user_id", "item_id", "timestamp"])
    users, items, times = (table[name].to_numpy() for name in table.column_names)
    _, users = np.unique(users, return_inverse=True)
    _, items = np.unique(items, return_inverse=True)
    order = np.lexsort((times, users))
    users, items, times = users[order], items[order], times[order]
    return {"cpu_s": time.process_time() - began, "gb": _most_gb()}


def _rbench(log: str) -> dict[str, float]:
    from rbench import data, plugins
    from rbench.data import DataSettings
    from rbench.encoding import ModelSettings
    from rbench.train import TrainSettings
    from rbench.train.rules import resolve
    from rbench.train.windows import batches, cut

    began = time.process_time()
    dataset = data.load(DataSettings(path=log, duplicates="keep"))
    found = {"load_s": time.process_time() - began, "load_gb": _most_gb()}
    import tensorflow as tf

    from rbench.graph.model import training_model
    from rbench.train.learner import Learner

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    encoder, shape = plugins.encoder("lru", {}), ModelSettings(width=WIDTH)
    ruled = resolve(TrainSettings(window=WINDOW), shape, encoder, dataset)
    windows = cut(dataset.train, WINDOW)
    learner = Learner(
        training_model,
        encoder,
        ruled.shape(shape),
        dataset.items,
        loss=plugins.loss(ruled.loss, ruled.loss_options),
        dropout=ruled.dropout,
        learning_rate=ruled.learning_rate,
        beta_2=ruled.beta_2,
        seed=1,
    )
    order = batches(windows, ruled.batch_size, np.random.default_rng(1), items=dataset.items)
    taken = []
    for number in range(STEPS):
        batch = next(order)
        start = time.process_time()
        learner.step(batch)
        taken.append(time.process_time() - start)
        if not number:
            found |= {"first_s": time.process_time() - began, "first_gb": _most_gb()}
    step = statistics.median(taken[COMPILING:])
    return found | {"million_s": step / (ruled.batch_size * WINDOW) * 1e6}


def _most_gb() -> float:
    """The most memory that this process had at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _child(name: str, log: Path) -> dict[str, Any]:
    words = [sys.executable, "-P", __file__, "--child", name, "--log", str(log)]
    made = subprocess.run(
        words,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=False,
    )
    if made.returncode:
        raise SystemExit(f"{name} failed:\n{made.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 8, 32])
    parser.add_argument("--items", type=int, default=80_000)
    parser.add_argument("--place", help="folder for the files; by default that for temporary ones")
    parser.add_argument("--child", choices=("floor", "rbench"), help=argparse.SUPPRESS)
    parser.add_argument("--log", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
