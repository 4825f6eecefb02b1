"""What a module is made of: itself and all that it imports, read and not run.

A change in any of these files may change what the module does, a change in any other cannot. So
the closure's digest says whether two versions of a program do the same. It does not change with
comments, docstrings and layout.

Followed are imports at the top and inside functions, and modules that are named by a string, as
programs for a child process are. A name that a package hands on is followed to where it is defined;
the rest of the package is no part of it. Imports for a type checker alone are not followed.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

Folders = Mapping[str, Sequence[Path]]
"""Top-level package -> the folders that it lies in. What is outside is not followed."""


class Source(NamedTuple):
    """What one file says."""

    digest: str
    """sha256 over what it does."""
    imports: tuple[tuple[str, str], ...]
    """(module, name): ``name`` is a thing or a module in it, or empty for the module itself."""
    programs: tuple[str, ...]
    """Texts that could name a module, as that of a child process does."""
    handed_on: dict[str, tuple[str, str]]
    """Name that stands for an imported one -> where that comes from."""


def closure(module: str, folders: Folders) -> dict[str, Path]:
    """The modules that a module is made of, with their files; none where it has no file.

    Args:
        module: in full, e.g. ``rbench.train.train``.
    """
    return _reached([module], folders)


def beyond(source: Source, folders: Folders) -> dict[str, Path]:
    """The modules that a file leads to which is no module itself, with their files."""
    return _reached(_followed(source, folders), folders)


def _reached(modules: Iterable[str], folders: Folders) -> dict[str, Path]:
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = None if name in found else file_of(name, folders)
        if path is not None:
            found[name] = path
            waiting += _followed(read(path, name), folders)
    return dict(sorted(found.items()))


def imported(path: Path, module: str, folders: Folders) -> set[str]:
    """The modules that a module imports itself.

    Raises:
        OSError: the file cannot be read.
    """
    source = read(path, module)
    found = {name for base, part in source.imports for name in _home(base, part, folders)}
    return {name for name in found if file_of(name, folders)}


def _followed(source: Source, folders: Folders) -> Iterator[str]:
    for base, part in source.imports:
        yield from _home(base, part, folders)
    for name in source.programs:
        path = file_of(name, folders)
        if path is not None and path.name != "__init__.py":  # a package is no program
            yield name


def digest(files: Mapping[str, Path]) -> str:
    """sha256 over what these modules do.

    Raises:
        OSError: a file cannot be read.
    """
    said = hashlib.sha256()
    for name, path in sorted(files.items()):
        said.update(f"{name} {read(path, name).digest}\n".encode())
    return said.hexdigest()


def file_of(module: str, folders: Folders) -> Path | None:
    """The file of a module. Asking the import system would run the packages above it."""
    package, *parts = module.split(".")
    for folder in folders.get(package, ()):
        place = folder.joinpath(*parts)
        for path in (place / "__init__.py", place.with_suffix(".py") if parts else place):
            if path.is_file():
                return path
    return None


def read(path: Path, module: str) -> Source:
    """What a file says.

    Raises:
        OSError: it cannot be read.
    """
    return _read(path.read_bytes(), module, path.name == "__init__.py")


@lru_cache(maxsize=1024)
def _read(content: bytes, module: str, package: bool) -> Source:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Whoever imports it will be told.
        return Source(hashlib.sha256(content).hexdigest(), (), (), {})
    imports: dict[tuple[str, str], None] = {}
    programs: dict[str, None] = {}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and _is_dotted(node.value):
                programs[node.value] = None
        elif isinstance(node, ast.Import):
            imports |= {(alias.name, ""): None for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module, package)
            imports |= {(base, alias.name): None for alias in node.names}
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
        elif not isinstance(node, _CHILDLESS):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [part for part in body if not _is_text(part)]  # type: ignore[attr-defined]
            waiting += ast.iter_child_nodes(node)
    handed_on = {
        alias.asname or alias.name: (_base(node, module, package), alias.name)
        for node in tree.body
        if package and isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    said = hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass"))
    return Source(said.hexdigest(), tuple(imports), tuple(programs), handed_on)


_CHILDLESS = (ast.Name, ast.expr_context, ast.operator, ast.cmpop, ast.arg)


def _is_text(node: ast.AST) -> bool:
    """Whether it is a docstring, or another text that nobody uses."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _base(node: ast.ImportFrom, module: str, package: bool) -> str:
    """The module that a ``from`` names, in full."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    above = parts[: len(parts) - node.level + package]
    return ".".join([*above, *([node.module] if node.module else [])])


def _is_dotted(text: str) -> bool:
    return "." in text and all(part.isidentifier() for part in text.split("."))


def _home(base: str, name: str, folders: Folders) -> Iterator[str]:
    """The module that a name is defined in: followed through the packages that hand it on."""
    for _ in range(100):  # two packages that hand on a name to each other are no program
        inside = f"{base}.{name}"
        if name and file_of(inside, folders):
            yield inside
            return
        path = file_of(base, folders)
        if path is None:
            return
        further = read(path, base).handed_on.get(name)
        if further is None:
            yield base
            return
        base, name = further
