"""What a step of training costs: CPU seconds of one thread, and of an epoch of such steps.

    python benchmarks/train_step.py LOG [--encoder lru] [--width 64] [--window 200] [--loss softmax]

LOG is any log that `rbench data describe` reads. The history is hidden in the loss, as by default
where a ranking filters it. CPU seconds, so that other work on the machine counts less; run it
beside itself to compare two versions.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from rbench import data, plugins
from rbench.data import DataSettings
from rbench.encoding import ModelSettings
from rbench.train.windows import batches, cut

COMPILING = 2
"""Steps at the start that are not counted."""
BATCH = 32


def main() -> None:
    given = _arguments()
    import tensorflow as tf

    from rbench.graph.model import training_model
    from rbench.train.learner import Learner

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    dataset = data.load(DataSettings(path=given.log, split="leave_one_out"))
    windows = cut(dataset.train, given.window)
    learner = Learner(
        training_model,
        plugins.encoder(given.encoder, {}),
        ModelSettings(width=given.width, length=given.window),
        dataset.items,
        loss=plugins.loss(given.loss, {}),
        dropout=0.1,
        learning_rate=4e-3,
        beta_2=0.98,
        seed=1,
    )
    order = batches(windows, BATCH, np.random.default_rng(1), items=dataset.items)
    taken = []
    for _ in range(given.steps + COMPILING):
        began = time.process_time()
        learner.step(next(order))
        taken.append(time.process_time() - began)
    step = statistics.median(taken[COMPILING:])
    steps = -(-len(windows.inputs) // BATCH)
    print(
        f"{given.encoder}, width {given.width}, {BATCH} windows of {given.window}, {given.loss}: "
        f"{step:.3f} CPU s a step, {step * steps:.0f} an epoch of {steps} steps"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("log")
    parser.add_argument("--encoder", default="lru")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--window", type=int, default=200)
    parser.add_argument("--loss", default="softmax")
    parser.add_argument("--steps", type=int, default=12)
    return parser.parse_args()


if __name__ == "__main__":
    main()
