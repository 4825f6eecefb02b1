"""What the tests of `metrics`, `stats`, `gate` and `compress` would let pass: a mutation run.

    pip install cosmic-ray
    python benchmarks/mutants.py [--mutants 240] [--seed 12] [--room gate] [--workers 2]
                                 [--state DIR] [--again]

A mutant is the code with one small mistake of those that cosmic-ray knows. The sample is drawn over
the places where there could be one, and is the same for the same code and seed. Each is put into a
copy of the checkout and meets the tests of its file, of its room and of the rooms around, in that
order, until one fails. What was found is kept in DIR, and a second call goes on where the first one
stopped; with --again, what survived meets the tests of now. Linux.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("rbench", "encoders", "reports", "studies", "tests", "docs", "benchmarks", "clients")
ROOMS: dict[str, tuple[str, ...]] = {
    "metrics": ("tests/evaluate", "tests/data/test_synthetic.py", "tests/testing/test_runs.py"),
    "stats": ("tests/gate", "tests/compare", "tests/metrics", "tests/reports/test_one_answer.py"),
    "gate": ("tests/cli/test_gate.py", "tests/compare", "tests/cli/test_compare.py"),
    "compress": ("tests/recipes", "tests/testing"),
}
"""Room -> tests of the rooms around it that would notice."""
SLOW = ("compress",)
"""Rooms whose tests train."""
FIRST = ("numpy", "scipy.stats", "hypothesis", "msgspec", "click", "rich.table", "xml.etree")
SECOND = ("tensorflow", "tf_keras", "tensorflow_model_optimization")
"""What is slow to import is imported once, and inherited by each process that meets a mutant."""
SAME = ("Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq")
"""Operators that change nothing where both sides are single objects, as small numbers are."""
DATED = "__pycache__"


class Place(NamedTuple):
    """Where there could be a mistake."""

    path: str
    """Relative to the checkout."""
    start: tuple[int, int]
    code: str
    """Its line, where in it, and which of several such lines: so that a change elsewhere draws no
    other sample."""
    operators: tuple[tuple[str, int], ...]
    """Name of an operator, and which of its occurrences in the file this is."""


class Mutant(NamedTuple):
    """One mistake."""

    place: Place
    operator: str
    source: str

    @property
    def name(self) -> str:
        """The same for the same mistake in the same code."""
        content = hashlib.sha256(self.source.encode()).hexdigest()[:12]
        return f"{self.place.path}:{self.place.start[0]} {self.operator} {content}"


def main() -> int:
    given = _arguments()
    rooms = given.room or list(ROOMS)
    state = given.state or Path(tempfile.gettempdir()) / "rbench-mutants"
    state.mkdir(parents=True, exist_ok=True)
    kept = state / f"results-{given.seed}.jsonl"
    known = {one["name"]: one for one in map(json.loads, _lines(kept))}
    mutants = sampled(given.mutants, given.seed)
    wanted = [one for one in mutants if _room(one.place.path) in rooms]
    left = [one for one in wanted if one.name not in known]
    if given.again:
        left += [one for one in wanted if one.name in known and not known[one.name]["by"]]
    left.sort(key=lambda one: _room(one.place.path) in SLOW)
    workers = [
        multiprocessing.Process(
            target=_work,
            args=(state / f"tree{number}", left[number :: given.workers], kept, given.trust),
        )
        for number in range(given.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    known = {one["name"]: one for one in map(json.loads, _lines(kept))}
    return _told([known[one.name] for one in wanted if one.name in known], len(mutants))


def _work(tree: Path, mutants: Sequence[Mutant], kept: Path, trust: bool) -> None:
    """Have mutants meet the tests, in the order of the sample: a part of it is one too."""
    _copy(tree)
    _enter(tree)
    for name in FIRST:
        import_module(name)
    for room in () if trust else {_room(one.place.path) for one in mutants}:
        _whole(tree, room)
    for mutant in mutants:
        if _room(mutant.place.path) in SLOW:
            for name in SECOND:
                import_module(name)
        found = _met(tree, mutant)
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")
        print(f"{found['by'] or 'SURVIVED':<60} {mutant.name}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mutants", type=int, default=240)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--room", action="append", choices=list(ROOMS), help="can be repeated")
    parser.add_argument("--state", type=Path, metavar="DIR")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--trust", action="store_true", help="that all these tests pass without a mutant"
    )
    return parser.parse_args()


def sampled(count: int, seed: int) -> list[Mutant]:
    """That many mutants, no two at one place, each unlike the code where it matters."""
    every = {place: Random(f"{seed} {place.path} {place.code}") for place in places()}
    found: list[Mutant] = []
    for place, draw in sorted(every.items(), key=lambda one: one[1].random()):
        if len(found) == count:
            break
        operator, occurrence = draw.choice(place.operators)
        before = (ROOT / place.path).read_text("utf-8")
        after = _mutated(before, operator, occurrence)
        if after is not None and unlike(before, after):
            found.append(Mutant(place, operator, after))
    return found


def places() -> Iterator[Place]:
    """Every place of the rooms, in order."""
    from cosmic_ray import plugins
    from cosmic_ray.ast import ast_nodes, get_ast

    operators: dict[str, Any] = {
        name: plugins.get_operator(name)()
        for name in sorted(plugins.operator_names())
        if not plugins.get_operator(name).arguments()
        and not name.endswith(SAME)
        and "NoOp" not in name
    }
    for room in ROOMS:
        for path in sorted((ROOT / "rbench" / room).glob("*.py")):
            source = path.read_text("utf-8")
            nodes = list(ast_nodes(get_ast(source)))
            lines, codes = source.splitlines(), Counter[str]()
            found: dict[tuple[int, int], list[tuple[str, int]]] = {}
            for name, operator in operators.items():
                starts = (at for node in nodes for at, _ in operator.mutation_positions(node))
                for occurrence, start in enumerate(starts):
                    found.setdefault(start, []).append((name, occurrence))
            for start, ways in sorted(found.items()):
                code = f"{lines[start[0] - 1].strip()} {start[1]}"
                codes[code] += 1
                code += f" {codes[code]}"
                yield Place(path.relative_to(ROOT).as_posix(), start, code, tuple(ways))


def _mutated(source: str, operator: str, occurrence: int) -> str | None:
    from cosmic_ray import plugins
    from cosmic_ray.mutating import mutate_code

    made: str | None = mutate_code(source, plugins.get_operator(operator)(), occurrence)
    return made


def unlike(before: str, after: str) -> bool:
    """Whether two sources differ in more than what never runs: annotations of functions, and what
    stands under ``if TYPE_CHECKING``. A mutant that cannot be read is none.
    """
    try:
        return _running(before) != _running(after)
    except SyntaxError:
        return False


def _running(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    argument.annotation = None
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
        for name, inner in ast.iter_fields(node):
            if isinstance(inner, list) and isinstance(node, ast.FunctionDef) and name == "body":
                node.body = [_bare(one) for one in node.body]
    return ast.dump(tree)


def _bare(statement: ast.stmt) -> ast.stmt:
    """A local variable's annotation is never looked at."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        value = statement.value or ast.Constant(None)
        return ast.Assign([statement.target], value, lineno=statement.lineno)
    return statement


def _copy(tree: Path) -> Path:
    """The checkout as it is now, where mutants do no harm."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns(DATED))
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, tree)
    # As in the wheel, so that nothing is taken from the checkout.
    (tree / "rbench_encoders").symlink_to("encoders")
    (tree / "rbench_reports").symlink_to("reports")
    (tree / "rbench" / "studies").symlink_to("../studies")
    return tree


def _enter(tree: Path) -> None:
    os.environ |= {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(tree), os.environ.get("PYTHONPATH")))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    sys.dont_write_bytecode = True
    sys.path[:] = [str(tree), *(place for place in sys.path if Path(place) != ROOT)]
    os.chdir(tree)


def _room(path: str) -> str:
    return path.split("/")[1]


def _steps(tree: Path, path: str) -> Iterator[tuple[str, ...]]:
    """The tests that a file's mutants meet, nearest first."""
    room = _room(path)
    near = sorted(tree.glob(f"tests/{room}/test_{Path(path).stem}*.py"))
    choice = () if room in SLOW else ("-m", "not slow")
    if near:
        yield (*choice, *(str(one.relative_to(tree)) for one in near))
    yield (*choice, f"tests/{room}")
    around = [name for name in ROOMS[room] if (tree / name).exists()]
    if around:
        yield ("-m", "not slow", *around)


def _met(tree: Path, mutant: Mutant) -> dict[str, Any]:
    path = tree / mutant.place.path
    before = path.read_text("utf-8")
    lines = difflib.unified_diff(before.splitlines(), mutant.source.splitlines(), lineterm="", n=1)
    began = time.monotonic()
    by = ""
    path.write_text(mutant.source, "utf-8")
    try:
        for step in _steps(tree, mutant.place.path):
            by = by or _failing(step)
    finally:
        path.write_text(before, "utf-8")
    return {
        "name": mutant.name,
        "by": by,
        "seconds": round(time.monotonic() - began, 1),
        "diff": list(lines)[2:],
    }


def _whole(tree: Path, room: str) -> None:
    """All tests of a room, without a mutant."""
    for step in _steps(tree, f"rbench/{room}/.py"):
        if by := _failing(step):
            sys.exit(f"{room}: {by} fails without a mutant")


class _Watch:
    """A pytest plugin: the first test that fails, or the file that cannot be collected."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.failed = self.failed or report.nodeid


NOTHING, WRONG = "nothing failed", "this program is wrong: "
LONGEST_S = 900.0
"""A mutant that never ends is killed by that."""


def _failing(words: Sequence[str]) -> str:
    """The test that fails, in a process of its own; empty where none does."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        silence = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(silence, number)
        try:
            os.write(writer, _first_failing(words).encode())
        except BaseException as error:
            os.write(writer, f"{WRONG}{error!r}".encode())
        os._exit(0)
    os.close(writer)
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            with os.fdopen(reader, "rb") as said:
                told = said.read(10_000).decode()
            if told.startswith(WRONG):
                sys.exit(told)
            return told.removeprefix(NOTHING) if told else "it ended the process"
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    return "it never ended"


def _first_failing(words: Sequence[str]) -> str:
    import pytest

    _no_shrinking()
    watch = _Watch()
    imported = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # before pytest, to be forked
    fixed = ("-x", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *imported)
    code = int(pytest.main([*fixed, *words], plugins=[watch]))
    return watch.failed or (NOTHING if code in (0, 5) else f"pytest left with {code}")


def _no_shrinking() -> None:
    """One example that fails is enough; the smallest one would take minutes."""
    import hypothesis

    settings = hypothesis.settings
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    settings.register_profile(
        "mutants",
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    settings.load_profile("mutants")
    # The tests' own profile comes later; the class lets nothing be set on it.
    type.__setattr__(settings, "load_profile", staticmethod(lambda name: None))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


def _told(results: list[dict[str, Any]], asked: int) -> int:
    met: Counter[str] = Counter(_room(one["name"]) for one in results)
    killed: Counter[str] = Counter(_room(one["name"]) for one in results if one["by"])
    for one in (one for one in results if not one["by"]):
        print("", one["name"], *one["diff"], sep="\n")
    for room in met:
        print(f"{room}: {killed[room]} of {met[room]} killed")
    share = killed.total() / max(1, met.total())
    print(f"{met.total()} of {asked} mutants met the tests, {killed.total()} killed: {share:.0%}")
    return 0 if share >= 0.85 else 1


if __name__ == "__main__":
    sys.exit(main())
