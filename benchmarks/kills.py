"""What do kills cost a sweep? Real sweeps, killed at random moments until they are through.

    python benchmarks/kills.py [--kills 200] [--seed 1] [--out kills.jsonl]

A small study of two cells is swept into a store of its own: it trains, converts, scores and times;
one of its encoders leaves a process in a session of its own behind. Again and again SIGKILL hits
the sweep, a process below it, or the process group of one, and the sweep is started again where it
is gone. When all cells are there, or after twenty kills and what then is left to do undisturbed,
the next sweep begins. Counted are artefacts that were finished and are not any more, or were made
again; cells that are missing in the end, or there twice; documents that cannot be read; and what is
left when nothing should run any more: processes, and temporary files in TMPDIR, the run's folder
and the store.

Each kill stands in the file ``--out``, and another start with the same file goes on there. Some ten
seconds a kill. Linux. Needs rbench[sweep]. Leaves with 1 if anything was lost, double, made again,
unreadable or left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from rbench.system.keeping import descendants

STUDY = """
encoders = ["bow", "clings.py:Clings"]
recipes = ["float32"]
targets = ["cpu"]
data.synthetic = { users = 60, items = 40, interactions_per_user = 8 }
model = { width = 8, length = 6, top_k = 20 }
train = { epochs = 2, batch_size = 16 }
evaluate = { bootstrap = 50 }
profile = { rounds = 2, min_runs = 20, min_seconds = 0.01, warmup_runs = 2, warmup_seconds = 0.0 }
"""
CELLS = 2
ENCODER = """
import subprocess
from dataclasses import dataclass
from rbench.encoding import Encoder

@dataclass(frozen=True)
class Clings(Encoder):
    def encode(self, embeddings, mask, form):
        subprocess.Popen(["sleep", "3600"], start_new_session=True)
        return embeddings[:, -1] if form.last else embeddings
"""
HOW = ("sweep", "child", "group")
"""Whom a kill hits: the sweep itself, a process below it, or the process group of one."""

WAIT_S = (0.2, 20.0)
"""From the start of a sweep, or from the last kill, until the next one."""

MOST_A_SWEEP = 20
"""Kills; then it is left alone, so that on a slow machine, too, sweeps come to their end."""

GONE_WITHIN_S = 10.0
COSTS = ("lost", "double", "remade", "unreadable", "processes", "files")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("kills.jsonl"))
    asked = parser.parse_args()
    if sys.platform != "linux":
        parser.error("only Linux tells which processes there are")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    noted = _read(asked.out)
    console = Console(stderr=True)
    with Progress(console=console) as progress:
        task = progress.add_task("kills", total=asked.kills)
        while (done := sum("how" in note for note in noted)) < asked.kills:
            progress.update(task, completed=done)
            with tempfile.TemporaryDirectory() as place, asked.out.open("a") as file:
                sweep = _Sweep(Path(place), random.Random(f"{asked.seed}/{done}"))
                try:
                    for note in sweep.to_its_end(min(MOST_A_SWEEP, asked.kills - done)):
                        file.write(json.dumps(note) + "\n")
                        file.flush()
                        noted.append(note)
                        progress.update(task, completed=sum("how" in note for note in noted))
                finally:
                    sweep.stop()
    return report(noted, Console())


class _Sweep:
    """One study, until all its cells are there."""

    def __init__(self, place: Path, chance: random.Random) -> None:
        self.place = place
        self.chance = chance
        self.token = f"RBENCH_KILLS={place}"
        self.made: dict[Path, int] = {}
        (place / "study.toml").write_text(STUDY)
        (place / "clings.py").write_text(ENCODER)
        (place / "tmp").mkdir()

    def to_its_end(self, kills: int) -> Iterator[dict[str, Any]]:
        """What each kill cost, at most so many, then what the end showed."""
        while True:
            sweep = self._start()
            while not self._ends(sweep, self.chance.uniform(*WAIT_S) if kills else None):
                kills -= 1
                how = self._kill(sweep)
                alone = how != "sweep" or self._quiet()
                left = [] if alone else [_words(process) for process in self._ours()]
                yield {"how": how, **self._cost(), "processes": len(left), "left": left}
                if how == "sweep":
                    break
            else:
                if sweep.returncode == 0:
                    break
        self._quiet()
        yield {"end": sweep.returncode, **self._cost(), **self._end()}

    def stop(self) -> None:
        """End whatever is left."""
        for process in self._ours():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def _start(self) -> subprocess.Popen[bytes]:
        name, _, value = self.token.partition("=")
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "rbench.cli", "sweep", "study.toml", "--out", "run"],
            cwd=self.place,
            env={
                **os.environ,
                name: value,
                "RBENCH_STORE": str(self.place / "store"),
                "TMPDIR": str(self.place / "tmp"),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _ends(self, sweep: subprocess.Popen[bytes], within_s: float | None) -> bool:
        with suppress(subprocess.TimeoutExpired):
            sweep.wait(within_s)
        return sweep.poll() is not None

    def _kill(self, sweep: subprocess.Popen[bytes]) -> str:
        below = list(descendants(sweep.pid))
        how = self.chance.choice(HOW) if below else "sweep"
        victim = sweep.pid if how == "sweep" else self.chance.choice(below)
        with suppress(ProcessLookupError):
            if how == "group":
                os.killpg(os.getpgid(victim), signal.SIGKILL)
            else:
                os.kill(victim, signal.SIGKILL)
        if how == "sweep":
            sweep.wait()
        return how

    def _ours(self) -> list[int]:
        """The processes that any sweep here has started, directly or not."""
        found = []
        for place in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if self.token.encode() in place.read_bytes().split(b"\0"):
                    found.append(int(place.parent.name))
        return found

    def _quiet(self) -> bool:
        """Whether all that a sweep had started ends with it."""
        until = time.monotonic() + GONE_WITHIN_S
        while self._ours():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def _cost(self) -> dict[str, int]:
        """What became of the artefacts that were finished before, and of the documents."""
        found = {
            path: path.stat().st_mtime_ns
            for path in (self.place / "store").glob("*/*/*/result.json")
            if not path.parent.name.endswith(".partial")
        }
        lost = sum(path not in found for path in self.made)
        remade = sum(found.get(path, at) != at for path, at in self.made.items())
        unreadable = 0
        for path in (*found, self.place / "run/run.json", self.place / "run/records.jsonl"):
            with suppress(FileNotFoundError):
                text = path.read_text()
                try:
                    for part in text.splitlines() if path.suffix == ".jsonl" else [text]:
                        json.loads(part)
                except ValueError:
                    unreadable += 1
        self.made = found
        return {"lost": lost, "remade": remade, "unreadable": unreadable}

    def _end(self) -> dict[str, int]:
        lines = (self.place / "run/records.jsonl").read_text().splitlines()
        states = [
            (json.dumps(record["cell"]), record["state"]) for record in map(json.loads, lines)
        ]
        left = [*(self.place / "tmp").iterdir(), *(self.place / "run").glob(".*.????????")]
        left += [
            *(self.place / "store").rglob(".*.????????"),
            *(self.place / "store").rglob("*.partial"),
        ]
        return {
            "lost": CELLS - sum(state == "ok" for _, state in set(states)),
            "double": len(states) - len({cell for cell, _ in states}),
            "processes": len(self._ours()),
            "files": len(left),
        }


def _words(process: int) -> str:
    """The command line of a process, and what state it is in."""
    place = Path(f"/proc/{process}")
    with suppress(OSError):
        words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        status = (place / "status").read_text().splitlines()
        told = [line.replace("\t", " ") for line in status if line.startswith(("State", "PPid"))]
        return f"{words} ({', '.join(told)})"
    return "gone by now"


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except FileNotFoundError:
        return []


def report(noted: list[dict[str, Any]], console: Console) -> int:
    """Print what was counted.

    Returns:
        The exit code.
    """
    hit = Counter(note["how"] for note in noted if "how" in note)
    console.print(f"{hit.total()} kills: " + ", ".join(f"{n} of a {how}" for how, n in hit.items()))
    console.print(f"{sum('end' in note for note in noted)} sweeps came to their end")
    cost = {name: sum(note.get(name, 0) for note in noted) for name in COSTS}
    console.print("  ".join(f"{name} {number}" for name, number in cost.items()))
    return 1 if any(cost.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
