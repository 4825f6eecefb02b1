"""The tree is the architecture: imports run one way, and only the command line has effects.

Reads the source, runs nothing of it, and names the file and line that steps back.
"""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {"rbench": "rbench", "rbench_encoders": "encoders", "rbench_reports": "reports"}
"""Import name -> folder in the checkout."""

TRAINING = {"tensorflow", "tf_keras", "keras", "tensorflow_model_optimization", "tfmot"}
HEAVY = TRAINING | {"ai_edge_quantizer", "ai_edge_litert"}

RANKS = {
    "errors": 0,
    **dict.fromkeys(("bounds", "layers", "progress", "text"), 1),
    **dict.fromkeys(("encoding", "features", "installed", "losses", "system", "tflite"), 2),
    **dict.fromkeys(("litertjs", "recipes", "signatures"), 3),
    "cells": 4,
    **dict.fromkeys(("graph", "records"), 5),
    **dict.fromkeys(("plugins", "stats"), 6),
    "metrics": 7,
    **dict.fromkeys(("choose", "data"), 8),
    "train": 9,
    **dict.fromkeys(("compress", "federated"), 10),
    "convert": 11,
    **dict.fromkeys(("compressions", "evaluate", "profile", "schemes"), 12),
    "gate": 13,
    "compare": 14,
    "study": 15,
    **dict.fromkeys(("ship", "sweeping", "testing"), 16),
    **dict.fromkeys(("demo", "update"), 17),
    **dict.fromkeys(("cli", "notebook"), 18),
    **dict.fromkeys(("", "__main__"), 19),
}
"""Room, or module beside the rooms -> its rank. Who imports stands higher than who is imported;
equals do not know each other."""
STAGE = ("data", "train", "compress", "convert", "evaluate", "profile", "gate")
"""The rooms that hold a stage."""
GRAPHS = {"graph", "layers"}
"""What draws Keras graphs, for training and conversion."""
SETTLED = ("rbench.study", "rbench.sweeping.jobs", "rbench.sweeping.results")
"""Values that span the stages: they know the stages' settings, nothing else of them."""
OPEN = {"settings", "result", "dataset", "ranking", "followers", "weights"}
"""Modules of a stage that later stages may know: what goes in, what comes out, how its files are
read, the one rule by which items are ranked, and what follows what."""
CHILDREN = {"rbench.system.guard", "rbench.system.keeping"}
"""Modules that work in child processes only, besides the programs themselves: they may end one."""
READERS = (
    *("rbench.choose", "rbench.gate", "rbench.compare"),
    *("rbench.cli.gate", "rbench.cli.report", "rbench.cli.compare", "rbench.cli.list"),
)
"""What only reads records, besides the reports."""
LOOKED_UP = (
    *(
        "rbench.cells",
        "rbench.choose",
        "rbench.errors",
        "rbench.plugins",
        "rbench.records",
        "rbench.text",
    ),
    *("rbench.metrics", "rbench.recipes", "rbench.stats", "rbench.tflite"),
    *("rbench.system.extras", "rbench.system.reading", "rbench.system.writing"),
)
"""What those may know of the rest."""


class Import(NamedTuple):
    """One imported name, as it stands in a file."""

    by: str
    name: str
    line: int
    top: bool
    """Whether it happens when the module is imported."""

    def __str__(self) -> str:
        return f"{self.by}, line {self.line}: imports {self.name}"


def module_name(path: Path) -> str:
    for name, folder in FOLDERS.items():
        if path.is_relative_to(ROOT / folder):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            return ".".join([name, *(part for part in parts if part != "__init__")])
    raise AssertionError(path)


PATHS = {
    module_name(path): path
    for folder in FOLDERS.values()
    for path in sorted((ROOT / folder).rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text("utf-8"), str(path)) for name, path in PATHS.items()}


def imports_of(name: str) -> Iterator[Import]:
    yield from _imports(name, TREES[name].body, top=True)


def _imports(by: str, nodes: list[ast.AST], *, top: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(by, alias.name, node.lineno, top)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{by}, line {node.lineno}: imports are absolute"
            for alias in node.names:
                yield Import(by, resolved(f"{node.module}.{alias.name}"), node.lineno, top)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _imports(by, node.body, top=False)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            below = list(ast.iter_child_nodes(node))
            yield from _imports(by, below, top=top and not inside)


def resolved(name: str) -> str:
    """The module that a name comes from: the name itself, or what holds it."""
    return (
        name if name in PATHS or name.rpartition(".")[0] not in PATHS else name.rpartition(".")[0]
    )


IMPORTS = [found for name in PATHS for found in imports_of(name)]
OURS = [found for found in IMPORTS if found.name.split(".")[0] in FOLDERS]


def part(name: str) -> str:
    """``rbench.train.windows`` -> ``train``; ``rbench.study`` -> ``study``."""
    return name.split(".")[1] if "." in name else ""


def below(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def complain(found: list[Import], why: str) -> None:
    assert not found, f"{why}:\n" + "\n".join(map(str, found))


def test_there_is_something_to_read():
    assert len(PATHS) > 40
    assert len(OURS) > 100


def test_the_engine_never_imports_its_siblings():
    complain(
        [
            found
            for found in OURS
            if below(found.by, "rbench") and below(found.name, "rbench_encoders", "rbench_reports")
        ],
        "plug-ins come in through their entry points only",
    )


def test_every_module_has_a_rank():
    without = {name for name in PATHS if below(name, "rbench") and part(name) not in RANKS}
    assert not without, f"no rank, see RANKS: {sorted(without)}"
    known = {part(name) for name in PATHS if below(name, "rbench")}
    assert set(RANKS) == known, "ranks of what is not there"


def test_who_imports_stands_higher():
    complain(
        [
            found
            for found in OURS
            if below(found.by, "rbench")
            and below(found.name, "rbench")
            and part(found.by) != part(found.name)
            and RANKS[part(found.by)] <= RANKS[part(found.name)]
        ],
        "a step back in the order of the rooms, or sideways",
    )


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The modules that lead to themselves, those of one circle together."""
    reached = {name: reachable(graph, name) for name in graph}
    found = {
        frozenset(other for other in reached[name] if name in reached.get(other, ()))
        for name in graph
    }
    return sorted(sorted(circle) for circle in found if circle)


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        new = graph.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"a"}, "d": {"d"}}) == [["a", "b"], ["d"]]


def test_no_module_leads_to_itself():
    """Counting imports inside functions, and those of types alone."""
    graph: dict[str, set[str]] = {name: set() for name in PATHS}
    for found in OURS:
        graph[found.by].add(found.name)
    assert circles(graph) == []


def test_values_that_span_the_stages_know_settings_only():
    complain(
        [
            found
            for found in OURS
            if below(found.by, *SETTLED)
            and part(found.name) in STAGE
            and not found.name.endswith(".settings")
        ],
        "a study or job imports more of a stage than its settings",
    )


def test_graphs_are_drawn_for_training_and_conversion():
    complain(
        [
            found
            for found in OURS
            if part(found.by) in STAGE
            and part(found.name) in GRAPHS
            and RANKS[part(found.by)] > RANKS["convert"]
        ],
        "a stage after convert draws Keras graphs",
    )


def test_stages_do_not_know_the_insides_of_earlier_stages():
    def open_door(name: str) -> bool:
        parts = name.split(".")
        return len(parts) == 2 or parts[2] in OPEN

    complain(
        [
            found
            for found in OURS
            if part(found.by) in STAGE
            and part(found.name) in STAGE
            and part(found.by) != part(found.name)
            and not open_door(found.name)
        ],
        "a stage takes what another package exports, its settings or its results",
    )


def test_the_gate_and_the_reports_only_read_records():
    complain(
        [
            found
            for found in OURS
            if below(found.by, "rbench.gate", "rbench.compare", "rbench_reports")
            and not below(found.name, "rbench.gate", "rbench.compare", "rbench_reports")
            and not below(found.name, *LOOKED_UP)
        ],
        "a reader of records needs more than records",
    )


TOOLS = "rbench.profile.tools"
"""Below it, each tool in a package of its own."""
BORROWED = {("android", "benchmark_model")}
"""Tool, and the one whose program it runs elsewhere."""


def tool(name: str) -> str:
    """``rbench.profile.tools.litert.run`` -> ``litert``; empty for what is of no tool."""
    return name.split(".")[3] if below(name, TOOLS) and name != TOOLS else ""


def test_what_tools_share_knows_none_of_them():
    complain(
        [
            found
            for found in OURS
            if tool(found.name) not in ("", tool(found.by))
            and below(found.by, "rbench.profile", "rbench.cells")
            and (tool(found.by), tool(found.name)) not in BORROWED
        ],
        "a tool is found by its entry point, and knows no other",
    )


def test_encoders_know_the_contract_only():
    complain(
        [
            found
            for found in OURS
            if below(found.by, "rbench_encoders")
            and not below(found.name, "rbench_encoders")
            and part(found.name) not in {"encoding", "errors", "layers"}
        ],
        "an encoder of ours needs what a stranger's has not",
    )


def test_only_the_command_line_knows_the_command_line():
    complain(
        [
            found
            for found in OURS
            if below(found.name, "rbench.cli")
            and not below(found.by, "rbench.cli", "rbench.__main__")
        ],
        "the command line is imported",
    )


def imports_training(name: str) -> bool:
    return any(
        found.top and found.name.split(".")[0] in HEAVY - {"ai_edge_litert"}
        for found in imports_of(name)
    )


def test_tensorflow_comes_in_inside_functions():
    """Either at the import itself, or at the import of a module that says so in its docstring."""
    heavy = {name for name in PATHS if imports_training(name)}
    for name in heavy:
        said = " ".join((ast.get_docstring(TREES[name]) or "").split())
        assert "imports TensorFlow" in said, (
            f"{name} imports TensorFlow when it is imported and does not say so: "
            "import it inside functions"
        )
    complain(
        [found for found in OURS if found.top and found.name in heavy and found.by not in heavy],
        "a module that brings TensorFlow is imported at the top of another",
    )


def test_nothing_after_convert_imports_tensorflow():
    complain(
        [
            found
            for found in IMPORTS
            if found.name.split(".")[0] in TRAINING
            and below(found.by, "rbench.evaluate", "rbench.profile")
        ],
        "a stage after convert imports TensorFlow",
    )


def test_timing_knows_no_earlier_stage():
    """Each round is a fresh process, and what it imports is most of what a round costs."""
    complain(
        [
            found
            for found in OURS
            if below(found.by, "rbench.profile")
            and part(found.name) in {"data", "train", "compress", "convert", "evaluate", "graph"}
        ],
        "every timing process would import that stage",
    )


def test_what_reads_records_imports_no_runtime():
    complain(
        [
            found
            for found in IMPORTS
            if found.name.split(".")[0] in HEAVY and below(found.by, "rbench_reports", *READERS)
        ],
        "a reader of records imports TensorFlow or LiteRT",
    )


def is_entry_point(name: str) -> bool:
    """Whether it is a program: a child process that is started by its name."""
    return any(
        isinstance(node, ast.If) and "__name__ == '__main__'" in ast.unparse(node.test)
        for node in TREES[name].body
    )


def effects(name: str) -> Iterator[str]:
    for node in ast.walk(TREES[name]):
        said = ""
        if isinstance(node, ast.Call):
            said = ast.unparse(node.func)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            said = ast.unparse(node.exc)
        if said in ("print", "exit", "quit", "sys.exit", "os._exit", "click.echo") or any(
            said.startswith(word) for word in ("SystemExit", "sys.stdout.write", "sys.stderr.write")
        ):
            yield f"{name}, line {node.lineno}: {said}"


def test_only_the_command_line_and_programs_print_or_exit():
    found = [
        effect
        for name in PATHS
        if not below(name, "rbench.cli") and not is_entry_point(name) and name not in CHILDREN
        for effect in effects(name)
    ]
    assert not found, "\n".join(found)
    assert len([name for name in PATHS if is_entry_point(name)]) <= 12


PRINTERS = {"rbench.cli.terminal", "rbench.cli.screen", "rbench.cli.streams", "rbench.cli"}
"""What the command line prints with; each cleans what it is given (tests/cli/test_terminal.py)."""
DRAWN = {"rich.console", "rich.table", "rich.text", "rich.panel", "rich.markdown", "rich.markup"}
"""Of rich: what takes strings and would read markup or controls in them."""


def test_commands_print_through_one_place():
    complain(
        [
            found
            for found in IMPORTS
            if found.by not in PRINTERS
            and (below(found.name, *DRAWN) or found.name in ("rich.print", "click.echo"))
            and not is_of_types_only(found)
        ],
        "it can print what nobody cleaned: use rbench.cli.terminal and rbench.cli.screen",
    )
    found = [
        f"{name}, line {node.lineno}: {ast.unparse(node)}"
        for name in PATHS
        if below(name, "rbench.cli") and name not in PRINTERS
        for node in ast.walk(TREES[name])
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in PRINTING
    ]
    assert not found, "\n".join(found)


PRINTING = {
    *("print", "pprint", "sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__"),
    *("click.echo", "click.secho", "click.echo_via_pager", "click.style", "click.prompt"),
    *("click.confirm", "click.get_text_stream", "click.get_binary_stream", "os.write"),
}
"""Names that print, or could."""


def is_of_types_only(found: Import) -> bool:
    return not found.top and found.line in TYPES_ONLY[found.by]


TYPES_ONLY = {
    name: {
        inner.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom)
    }
    for name, tree in TREES.items()
}
"""Module -> lines of imports that happen for a type checker alone."""


STAGES = {
    "data": ("DataSettings", "load", "Dataset"),
    "train": ("TrainSettings", "train", "Trained"),
    "compress": ("CompressSettings", "compress", "Compressed"),
    "convert": ("ConvertSettings", "convert", "FlatModel"),
    "evaluate": ("EvaluateSettings", "evaluate", None),
    "profile": ("ProfileSettings", "measure", None),
    "gate": ("Limits", "judge", "Verdict"),
}
"""Stage -> its settings, its function, its result (None where it is a part of a record)."""


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_exports_settings_a_function_and_a_result(stage):
    exported = {
        alias.asname or alias.name
        for node in TREES[f"rbench.{stage}"].body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {name for name in STAGES[stage] if name} <= exported


MOST_LINES = 450
ALONE = {"rbench.ship.clients.client"}
"""What apps take as one file, without rbench."""


def test_files_hold_one_idea():
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in PATHS.items()}
    assert statistics.median(length for length in lengths.values() if length) <= 160
    long = {name: length for name, length in lengths.items() if length > MOST_LINES}
    assert set(long) <= ALONE, f"look for the second idea: {long}"


def test_no_drawer_for_everything():
    assert not [name for name in PATHS if name.split(".")[-1] in ("utils", "util", "helpers")]
