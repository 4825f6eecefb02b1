"""The reference of every public name, from the docstrings: ``python docs/reference.py FOLDER``.

pdoc writes it; what pdoc cannot import it leaves out, so that every name is looked for in its
pages. Needs ``rbench[sweep,docs]``. Leaves with 1 if a name is missing.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("rbench", "rbench_encoders", "rbench_reports")
HIDDEN = (
    r"rbench\.cli|.*\.__main__|.*_child|rbench\.sweeping\.worker|rbench\.system\.start"
    r"|rbench\.ship\.clients\.client|rbench\.profile\.tools\.aarch64\.guest"
    r"|rbench\.profile\.tools\.browser\.launch"
    r"|rbench\.federated\.(arrays|client_app|server_app|simulation|strategy)"
)
"""Modules that are programs, not for importing, and those that Flower imports, which need it."""


def public_names() -> dict[str, list[str]]:
    """Module -> its public names: those of ``__all__``, or the functions and classes that it
    defines under a name without an underscore in front. Reads the files, imports none.
    """
    found = {}
    for package in PACKAGES:
        spec = find_spec(package)
        for root in map(Path, (spec and spec.submodule_search_locations) or ()):
            for path in sorted(root.rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                module = ".".join((package, *parts)).removesuffix(".__init__")
                if not re.match(rf"({HIDDEN})(\.|$)", module):
                    found[module] = list(_names(ast.parse(path.read_text("utf-8"))))
    return found


def _names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets):
            yield from ast.literal_eval(node.value)
            return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def missing(folder: Path, names: dict[str, list[str]]) -> list[str]:
    """The public names that no page in the folder describes, as ``module.name``; a module
    without a page is one of them.
    """
    found = []
    for module, wanted in names.items():
        page = folder.joinpath(*module.split(".")).with_suffix(".html")
        if not page.is_file():
            found.append(module)
            continue
        described = set(re.findall(r'<section id="([^"]+)"', page.read_text("utf-8")))
        found += [f"{module}.{name}" for name in wanted if name not in described]
    return found


def build(folder: Path, modules: Iterable[str]) -> None:
    """Write the pages of modules; ``index.html`` is where to begin."""
    import pdoc

    import rbench

    for name in rbench.__all__:  # they come when asked for, and pdoc does not ask
        setattr(rbench, name, getattr(rbench, name))
    pdoc.render.configure(docformat="google", show_source=False)
    with warnings.catch_warnings():
        # Some packages lead pdoc to their modules, those with an __all__ do not: all are named.
        warnings.filterwarnings("ignore", "The module specification .* adds a module named")
        pdoc.pdoc(*modules, f"!{HIDDEN}", output_directory=folder)


def main() -> int:
    """Build it, and say what it lacks."""
    folder = Path(sys.argv[1])
    names = public_names()
    build(folder, names)
    lacking = missing(folder, names)
    for name in lacking:
        print(f"not in the reference: {name}")
    print(f"{sum(map(len, names.values()))} names of {len(names)} modules: {folder / 'index.html'}")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
