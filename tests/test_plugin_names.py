"""No plug-in's name decides anything outside its folder, but where it is named here, and why."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOMES = {
    "rbench.encoders": ("encoders/",),
    "rbench.schemes": ("rbench/schemes/", "rbench/compressions/"),
    "rbench.compressions": ("rbench/schemes/", "rbench/compressions/"),
    "rbench.tools": ("rbench/profile/tools/",),
    "rbench.losses": ("rbench/losses/",),
    "rbench.metrics": ("rbench/metrics/",),
    "rbench.features": ("rbench/features/",),
}
"""Entry-point group -> where the names of its plug-ins may stand."""
EVERYDAY = {"number", "category"}
"""Names of plug-ins that are words of their own elsewhere: of columns, times and tables."""
DELEGATES = {"cpu", "xnnpack", "xnnpack_cached", "gpu"}
DELEGATES_HOMES = ("rbench/profile/tools/", "rbench/profile/delegates.py", "rbench/schemes/")
ALLOWED = {
    "encoders/gru.py": "float32 is numpy's type",
    "encoders/lstm.py": "float32 is numpy's type",
    "rbench/cells/recipe.py": "PLAIN, the recipe that all others are compared with",
    "rbench/cli/gate.py": "a default",
    "rbench/cli/profile.py": "a default",
    "rbench/compare/comparability.py": "cpu is a field of a machine",
    "rbench/data/synthetic.py": "the best that its own process allows, for metrics of ours",
    "rbench/features/log_columns.py": "float32 is numpy's type",
    "rbench/gate/rules.py": "a default",
    "rbench/profile/ranges.py": "float32 is numpy's type",
    "rbench/profile/tools/litert/runtime.py": "float32 is numpy's type",
    "rbench/ship/card.py": "litert is a tag of model cards",
    "rbench/ship/clients/client.py": "it stands alone, without rbench",
    "rbench/study/study.py": "the built-in study",
    "rbench/testing/answering.py": "files made by hand, of three schemes",
    "rbench/testing/contract.py": "an encoder is tried in PLAIN",
    "rbench/testing/flat.py": "files made by hand, of three schemes",
    "rbench/testing/runs.py": "made-up numbers for the built-in study",
    "rbench/train/settings.py": "what `auto` may come to",
    "reports/charts.py": "keys of the page's own data",
    "reports/metrics.py": "the page's columns, whose charts have keys",
}
"""File outside -> why it says one all the same."""


def names():
    """Name -> the places where it may stand."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    groups = tomllib.loads(text)["project"]["entry-points"]
    found = {name: homes for group, homes in HOMES.items() for name in groups[group]}
    found = {name: homes for name, homes in found.items() if name not in EVERYDAY}
    return found | dict.fromkeys(DELEGATES, DELEGATES_HOMES)


def sayings(tree, known):
    """Line and name of every string in code that is a plug-in's name."""
    docs = {
        id(statement.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        for statement in node.body
        if isinstance(statement, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs and node.value in known:
            yield node.lineno, node.value


@pytest.fixture(scope="module")
def strays():
    known, found = names(), {}
    for folder in ("rbench", "encoders", "reports"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            for line, name in sayings(ast.parse(path.read_text("utf-8")), known):
                if not place.startswith(known[name]):
                    found.setdefault(place, []).append(f"{place}, line {line}: {name!r}")
    return found


def test_names_are_found():
    known = {"gru": (), "qat": ()}
    tree = ast.parse('"qat"\nx = {"gru": 1}\nif y == "qat":\n    pass\nz = "no gru"\n')
    assert list(sayings(tree, known)) == [(2, "gru"), (3, "qat")]


def test_what_is_interchangeable_is_asked_and_not_named(strays):
    others = [line for place, lines in strays.items() if place not in ALLOWED for line in lines]
    assert not others, "ask the plug-in, or say here why not:\n" + "\n".join(others)


def test_every_exception_is_one(strays):
    assert set(ALLOWED) <= set(strays), "it names none any more: take it from ALLOWED"
