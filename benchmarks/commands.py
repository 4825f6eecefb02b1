"""How long the commands take that people and CI call often, as multiples of starting Python.

    python benchmarks/commands.py [RUN]

RUN is the folder of a run; without one a made-up run of 40 cells is used for `gate` and `report`.
Every command is a whole process, all of them are run in turn, several times over, and the
median of each is put beside that of a Python that imports numpy and leaves. With a RUN, given from
the folder where it was made,
`rbench sweep` is timed too: the second run of an unchanged sweep.
"""

from __future__ import annotations

import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rbench.records.run_folder import read_run
from rbench.testing.runs import example_run

TURNS = 7
RBENCH = [sys.executable, "-m", "rbench.cli"]
YARDSTICK = "python, numpy"
BUDGET = """
[[cells]]
size = { max = "100MB" }
gzip = { max = "100MB" }
quality."ndcg@10" = { min = 0.0 }

[[cells]]
recipe = "*wi8*"
optional = true
latency = { max_ratio = 1000.0, reference = { recipe = "float32" } }
"""
"""Limits that any run keeps."""


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
        run = given or example_run(Path(place) / "run").folder
        budget = Path(place) / "budget.toml"
        budget.write_text(BUDGET)
        commands = {
            YARDSTICK: [sys.executable, "-c", "import numpy"],
            "rbench --help": [*RBENCH, "--help"],
            "rbench list encoders": [*RBENCH, "list", "encoders"],
            "rbench gate": [*RBENCH, "gate", str(run), "--max-size", "100MB"],
            "rbench gate, budget": [*RBENCH, "gate", str(run), "--budget", str(budget)],
            "rbench report": [*RBENCH, "report", str(run), "--out", f"{place}/page.html"],
        }
        if given:
            _, *words = shlex.split(read_run(run).info.command)
            commands["rbench sweep, again"] = [*RBENCH, *words, "--out", str(run)]
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(TURNS):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                taken[name].append(time.perf_counter() - began)
    yardstick = statistics.median(taken[YARDSTICK])
    table = Table("command", "median s", "fastest s", f"times {YARDSTICK}")
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        table.add_row(name, f"{median:.3f}", f"{min(seconds):.3f}", f"{median / yardstick:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
