"""Hostile logs, models, records, studies, budgets and baselines, and what rbench makes of them.

    python benchmarks/fuzz.py [--inputs 10000] [--seed 1] [--workers 2] [--kind logs] [--only N]

Input N of a seed is always the same; `--only N --keep DIR` makes that one alone and leaves its
files. Every command runs in a process of its own. A fault is: an exit code other than 0, 1, 2; a
traceback; more than 2 minutes or 1 GiB; a process or a file left behind, or a file changed that is
none of its output; anything of a hostile string that is more than text in a terminal, a page, a
table, a test report or an annotation. Linux. Leaves with 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from rich.progress import Progress, TimeRemainingColumn

sys.path.append(str(Path(__file__).resolve().parents[1]))  # benchmarks; rbench is the installed one

from benchmarks.fuzzing import hostile, inputs, sandbox

COMMANDS = ("data", "gate", "report", "compare", "inspect", "sweep")
CHECKS: dict[inputs.Output, Callable[[str], str]] = {
    "text": hostile.in_text,
    "markdown": hostile.in_text,
    "github": hostile.in_annotations,
    "html": hostile.in_html,
    "csv": hostile.in_csv,
    "junit": hostile.in_junit,
    "json": hostile.in_json,
}
PRIVATE = {"stdout", "stderr", "store"}
"""What a call leaves in its folder beside ``work`` that is not looked at."""

Fault = tuple[int, str, str, str]
"""Number of the input, its kind, the command, what was wrong."""


def main() -> int:
    given = _arguments()
    numbers = [given.only] if given.only is not None else list(range(given.inputs))
    if given.kind:
        numbers = [number for number in numbers if _kind(given.seed, number) == given.kind]
    counts: Counter[str] = Counter()
    left: Counter[tuple[str, int]] = Counter()
    faults: list[Fault] = []
    share = [numbers[start :: given.workers] for start in range(given.workers)]
    results: multiprocessing.Queue[tuple[str, list[int], list[Fault]]] = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=_work, args=(given.seed, part, given.keep, results))
        for part in share
    ]
    for worker in workers:
        worker.start()
    with Progress(*Progress.get_default_columns()[:-1], TimeRemainingColumn()) as progress:
        task = progress.add_task("inputs", total=len(numbers))
        for _ in numbers:
            kind, codes, found = results.get()
            counts[kind] += 1
            left.update((kind, code) for code in codes)
            faults += found
            for fault in found:
                progress.console.print(*fault, sep="  ", markup=False, highlight=False)
            progress.advance(task)
    for worker in workers:
        worker.join()
    for kind, count in sorted(counts.items()):
        codes = [f"{left[kind, code]} with {code}" for code in sorted({code for _, code in left})]
        print(f"{kind}: {count} inputs; commands left {', '.join(codes)}")
    print(f"{len(numbers)} inputs, {left.total()} commands: {len(faults)} faults")
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=sorted(inputs.KINDS))
    parser.add_argument("--only", type=int, metavar="N")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    given = parser.parse_args()
    if given.keep and given.only is None:
        parser.error("--keep DIR keeps one input: name it with --only N")
    return given


def _work(seed: int, numbers: list[int], keep: Path | None, results: object) -> None:
    """Fuzz some inputs, one after another; what is slow to import is imported once, here."""
    sandbox.become_subreaper()
    from importlib import import_module

    for name in COMMANDS:
        import_module(f"rbench.cli.{name}")
    for name in ("pandas", "pyarrow.parquet", "rbench.data", "plotly.offline"):
        import_module(name)
    sys.setrecursionlimit(20_000)
    with tempfile.TemporaryDirectory() as place:
        given = inputs.samples(Path(place) / "samples")
        for number in numbers:
            folder = keep or Path(place) / "input"
            shutil.rmtree(folder, ignore_errors=True)
            try:
                found = examine(seed, number, folder, given)
            except Exception as error:  # the program's own fault costs one input
                found = (_kind(seed, number), [], [(number, "fuzz", "", f"{error!r}")])
            results.put(found)  # type: ignore[attr-defined]


def examine(
    seed: int, number: int, folder: Path, given: inputs.Samples
) -> tuple[str, list[int], list[Fault]]:
    """Make an input and give it to its commands.

    Returns:
        Its kind, the exit code of each command, and what was wrong.
    """
    kind = _kind(seed, number)
    work = folder / "work"
    work.mkdir(parents=True)
    commands = inputs.KINDS[kind][1](Random(f"{seed} {number}"), work, given)
    found, codes = [], []
    for command in commands:
        before = _listing(folder)
        outcome = sandbox.call(command.words, folder)
        codes.append(outcome.code)
        for wrong in _wrong(command, outcome, folder, before):
            found.append((number, kind, " ".join(command.words)[:100], wrong))
    return kind, codes, found


def _kind(seed: int, number: int) -> str:
    names = list(inputs.KINDS)
    shares = [share for share, _ in inputs.KINDS.values()]
    return Random(f"kind {seed} {number}").choices(names, shares)[0]


def _wrong(
    command: inputs.Command, outcome: sandbox.Outcome, folder: Path, before: dict[str, str]
) -> Iterator[str]:
    stdout, stderr = (
        text.decode("utf-8", "backslashreplace") for text in (outcome.stdout, outcome.stderr)
    )
    yield from _misbehaved(outcome, stdout, stderr)
    after = _listing(folder)
    for path in sorted(after.keys() | before.keys()):
        ours = path.removeprefix("work/")
        expected = ours in command.files or ours.startswith("out/")
        if after.get(path) != before.get(path) and not expected:
            yield f"touched {path!r}"
    shown: list[tuple[str, inputs.Output, str]] = [
        ("stderr", "text", stderr),
        ("stdout", command.stdout, stdout),
    ]
    for name, form in command.files.items():
        if (path := folder / "work" / name).is_file():
            shown.append((name, form, path.read_text("utf-8")))
    for name, form, text in shown:
        if text.strip() and (wrong := CHECKS[form](text)):
            yield f"{name}: {wrong}"


def _misbehaved(outcome: sandbox.Outcome, stdout: str, stderr: str) -> Iterator[str]:
    if outcome.hung:
        yield f"no end within {sandbox.BOUND_S} s"
    elif outcome.code not in (0, 1, 2):
        yield f"exit code {outcome.code}: {stderr.strip()[-300:]!r}"
    if "Traceback (most recent call last)" in stdout + stderr:
        yield f"traceback: {stderr.strip()[-300:]!r}"
    if outcome.code == 2 and not stderr.strip() and not stdout.strip():
        yield "exit code 2 without a word"
    if outcome.memory_bytes > sandbox.MEMORY_BYTES:
        yield f"{outcome.memory_bytes >> 20} MiB of memory"
    for process in outcome.left:
        yield f"left a process: {process}"


def _listing(folder: Path) -> dict[str, str]:
    """Files below a folder -> hash of their bytes."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in PRIVATE
    }


if __name__ == "__main__":
    sys.exit(main())
