"""What a filter costs in a file: the table of docs/features.md.

    python benchmarks/filters.py [--items N ...] [--rounds N]

A bag of words over random tables of width 64 and contexts of 50, an int8 table, as it is converted:
without filters, with `allowed`, with `filter_seen`, with both; on plain kernels and on XNNPACK, one
thread. The files are asked in turn, in short bursts, and of each the fastest burst counts, so that
the ratios stand on a busy machine too. Answers are compared with a filter outside. Needs
rbench[profile]; takes a minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from rich.console import Console
from rich.table import Table

from rbench.convert.filtering import filter_ranking
from rbench.convert.flatbuffer import parse
from rbench.convert.rewriting import ready_for_devices, share_and_tidy, written
from rbench.convert.slimming import slim
from rbench.testing.flat import recommender

ITEMS = 3_650, 20_000
WIDTH, LENGTH, K = 64, 50, 100
FILTERS = {
    "none": (False, False),
    "allowed": (True, False),
    "filter_seen": (False, True),
    "both": (True, True),
}
TARGETS = {
    "cpu": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "xnnpack": OpResolverType.BUILTIN,
}
BURST = 5
"""Queries that are timed as one."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2000, help="bursts of each (2000)")
    parser.add_argument("--items", type=int, nargs="+", default=ITEMS, help="sizes of catalogue")
    asked = parser.parse_args()
    table = Table("items", "target", "filter", "bytes more", "us", "us more", "ratio")
    for items in asked.items:
        for row in rows(items, asked.rounds):
            table.add_row(*row)
    Console(width=100).print(table)


def rows(items: int, rounds: int) -> Iterator[tuple[str, ...]]:
    """The table's lines for one catalogue."""
    weights = np.random.default_rng(1).normal(size=(items, WIDTH)).astype(np.float32)
    plain = recommender(weights, length=LENGTH, k=K, scheme="dynamic")
    files = {name: filtered(plain, *asked) for name, asked in FILTERS.items()}
    for target, resolver in TARGETS.items():
        queries = {name: Query(content, items, resolver) for name, content in files.items()}
        check(queries, items, resolver)
        us = fastest(queries, rounds)
        for name, content in files.items():
            more = us[name] - us["none"]
            yield (
                *(f"{items:,}", target, name, f"{len(content) - len(files['none']):,}"),
                *(f"{us[name]:.2f}", f"{more:+.2f}", f"{us[name] / us['none']:.2f}"),
            )


def filtered(content: bytes, allowed: bool, seen: bool) -> bytes:
    """The end of a conversion."""
    model = parse(content)
    share_and_tidy(model)
    filter_ranking(model, allowed=allowed, seen=seen)
    ready_for_devices(model)
    slim(model)
    return written(model)


class Query:
    """A file that is asked again and again; what is timed is the inference alone."""

    def __init__(self, content: bytes, items: int, resolver: Any) -> None:
        self.interpreter = Interpreter(
            model_content=content, experimental_op_resolver_type=resolver, num_threads=1
        )
        self.interpreter.allocate_tensors()
        runner = self.interpreter.get_signature_runner("recommend")
        self.inputs = {name: one["index"] for name, one in runner.get_input_details().items()}
        self.outputs = {name: one["index"] for name, one in runner.get_output_details().items()}
        del runner
        draw = np.random.default_rng(2)
        self.context = draw.integers(1, items + 1, (1, LENGTH)).astype(np.int32)
        self.allowed = (draw.random((1, items)) < 0.5).astype(np.float32)
        self.interpreter.set_tensor(self.inputs["context"], self.context)
        if "allowed" in self.inputs:
            self.interpreter.set_tensor(self.inputs["allowed"], self.allowed)

    def burst(self) -> float:
        """Microseconds of one inference."""
        invoke = self.interpreter._interpreter.Invoke
        began = time.perf_counter_ns()
        for _ in range(BURST):
            invoke()
        return (time.perf_counter_ns() - began) / BURST / 1000

    def items(self) -> list[int]:
        self.interpreter.invoke()
        found: list[int] = self.interpreter.get_tensor(self.outputs["items"])[0].tolist()
        return found


def check(queries: Mapping[str, Query], items: int, resolver: Any) -> None:
    """Against a filter outside, of scores that a file without one returns."""
    weights = np.random.default_rng(1).normal(size=(items, WIDTH)).astype(np.float32)
    whole = filtered(recommender(weights, length=LENGTH, k=items, scheme="dynamic"), False, False)
    every = Query(whole, items, resolver)
    order = np.array(every.items())
    for name, (allowed, seen) in FILTERS.items():
        query = queries[name]
        ok = np.ones(items + 1, bool)
        if allowed:
            ok[1:] = query.allowed[0] > 0
        if seen:
            ok[query.context[0]] = False
        due = order[ok[order]][:K].tolist()
        found = query.items()
        assert set(found) == set(due), f"{name} is not exact"


def fastest(queries: Mapping[str, Query], rounds: int) -> dict[str, float]:
    """Of each its fastest burst, all asked in turn."""
    best = dict.fromkeys(queries, float("inf"))
    for _ in range(rounds):
        for name, query in queries.items():
            best[name] = min(best[name], query.burst())
    return best


if __name__ == "__main__":
    main()
