"""Ranking in one stage and in two, side by side: the table of docs/recipes.md.

    python benchmarks/topk.py [--rounds N] [--items N ...] [--k N ...]

Graphs that rank given scores and do nothing else, at three sizes of catalogue and three k, on plain
kernels and on XNNPACK, one thread: TOPK_V2 alone, and two stages as `rbench.convert.two_stages`
draws them, whether or not its rule takes them there (the column `taken`). Both are asked in turn,
in short bursts, and of each the fastest burst counts, so the ratio stands on a busy machine too.
The answers are compared, with scores that tie. Needs rbench[profile]; takes a minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from typing import Any
from unittest import mock

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from rich.console import Console
from rich.table import Table

from rbench.convert import two_stages
from rbench.convert.flatbuffer import pack, parse
from rbench.testing.flat import FlatGraph, Quantized

ITEMS = 3_650, 20_000, 100_000
COUNTS = 10, 20, 100
KINDS = "FLOAT32", "INT8"
TARGETS = {
    "cpu": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "xnnpack": OpResolverType.BUILTIN,
}
BURST = 10
"""Queries that are timed as one."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100, help="bursts of each (100)")
    parser.add_argument("--items", type=int, nargs="+", default=ITEMS, help="sizes of catalogue")
    parser.add_argument("--k", type=int, nargs="+", default=COUNTS, help="items returned")
    asked = parser.parse_args()
    table = Table(
        "scores", "items", "k", "target", "one, us", "two, us", "ratio", "groups", "taken"
    )
    for row in rows(asked.items, asked.k, asked.rounds):
        table.add_row(*row)
    Console(width=100).print(table)


def rows(sizes: Iterable[int], counts: Iterable[int], rounds: int) -> Iterator[tuple[str, ...]]:
    for kind in KINDS:
        for items in sizes:
            for k in counts:
                taken = two_stages.stages(items, k, kind)
                with mock.patch.dict(two_stages.WORTH, {kind: 100.0}):
                    cut = two_stages.stages(items, k, kind)
                    two = after(ranking(items, k, kind))
                one = ranking(items, k, kind)
                for target, resolver in TARGETS.items():
                    first, second = fastest([one, two], scores(items, kind), resolver, rounds)
                    yield (
                        *(kind.lower(), f"{items:,}", str(k), target),
                        *(f"{first:.1f}", f"{second:.1f}", f"{first / second:.2f}"),
                        *(f"{cut.groups} x {cut.size}" if cut else "-", "two" if taken else "one"),
                    )


def ranking(items: int, k: int, kind: str) -> bytes:
    """A file that ranks scores ``(1, items)``."""
    graph, known = FlatGraph(), Quantized([0.1], [0]) if kind == "INT8" else None
    given = graph.tensor((1, items), kind, quantized=known)
    best, columns = graph.tensor((1, k), kind, quantized=known), graph.tensor((1, k), "INT32")
    count = graph.tensor((), "INT32", np.array(k, np.int32))
    graph.op("TOPK_V2", (given, count), (best, columns), "TopKV2Options", 2 if known else 1)
    return graph.finish("rank", {"scores": given}, {"items": columns, "best": best})


def after(content: bytes) -> bytes:
    model = parse(content)
    two_stages.rank_in_stages(model)
    return pack(model)


def scores(items: int, kind: str) -> Any:
    drawn = np.random.default_rng(1).normal(size=(1, items)).astype(np.float32)
    if kind == "FLOAT32":
        return np.round(drawn, 3)
    return np.clip(np.rint(drawn * 30), -128, 127).astype(np.int8)


def fastest(files: list[bytes], given: Any, resolver: Any, rounds: int) -> list[float]:
    """Microseconds a query of each file, in its fastest burst."""
    made = [
        Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
        for content in files
    ]
    answers = [[*run.get_signature_runner("rank")(scores=given).values()] for run in made]
    for mine, theirs in zip(*answers, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    best = [float("inf")] * len(made)
    for _ in range(rounds):
        for place, run in enumerate(made):
            start = time.perf_counter_ns()
            for _ in range(BURST):
                run.invoke()
            best[place] = min(best[place], (time.perf_counter_ns() - start) / BURST / 1000)
    return best


if __name__ == "__main__":
    main()
