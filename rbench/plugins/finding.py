"""Plug-ins, found by entry point: ours come in through the same door as a stranger's."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, Protocol, TypeVar

import msgspec

from rbench import installed
from rbench.encoding import Encoder
from rbench.errors import PluginError, choices
from rbench.features import Feature
from rbench.installed import at_work, value
from rbench.losses import Loss
from rbench.records import Run
from rbench.system.closure import beyond, closure, digest, read
from rbench.system.reading import kind_of
from rbench.text.shown import cut

T = TypeVar("T")

_home: Path | None = None
"""Where relative paths are meant from; None: wherever this process is at the time."""
ENCODERS = "rbench.encoders"
METRICS = "rbench.metrics"
LOSSES = "rbench.losses"
FEATURES = "rbench.features"
REPORTS = "rbench.reports"
FROM_FILES = (ENCODERS, LOSSES)
"""Groups whose plug-ins may be named as ``path/to/file.py:Class`` too."""
PLUGIN = "plugin"
"""What a file that is a plug-in is called where its code is compared: moved, it is the same."""
_OURS = {"rbench": (Path(__file__).parents[1],)}


def stay_here() -> None:
    """Mean relative paths from this folder from now on, wherever a plug-in takes the process."""
    global _home  # noqa: PLW0603 - as the current folder itself, it is of the process
    _home = Path.cwd()


class Report(Protocol):
    """What `rbench report` can write. Registered as a class without arguments."""

    suffix: str
    """Ending of the file, e.g. ``.html``."""

    def render(self, run: Run, baseline: Run | None = None) -> str:
        """The whole document; a page is self-contained and opens offline."""


class Comparing(Report, Protocol):
    """A report that `rbench compare` can write, too."""

    def compare(self, comparison: Any) -> str:
        """The whole document of a `rbench.compare.Comparison`."""


def encoder(name: str, options: Mapping[str, Any] | None = None) -> Encoder:
    """The encoder of that name, or of ``path/to/file.py:Class``, with these options.

    Raises:
        PluginError: it is not there, cannot be imported, is no `Encoder`, or refuses an option.
    """
    return instance(ENCODERS, name, Encoder, options)  # type: ignore[type-abstract]


def loss(name: str, options: Mapping[str, Any] | None = None) -> Loss:
    """The loss of that name, or of ``path/to/file.py:Class``, with these options.

    Raises:
        PluginError: it is not there, cannot be imported, is no `Loss`, or refuses an option.
    """
    return instance(LOSSES, name, Loss, options)  # type: ignore[type-abstract]


def feature(name: str, options: Mapping[str, Any] | None = None) -> Feature:
    """The feature of that name, with these options.

    Raises:
        PluginError: it is not there, cannot be imported, is no `Feature`, or refuses an option.
    """
    return instance(FEATURES, name, Feature, options)  # type: ignore[type-abstract]


def instance(group: str, name: str, base: type[T], options: Mapping[str, Any] | None = None) -> T:
    """The plug-in of that name, made with these options: a dataclass's fields, or none.

    Args:
        base: what its class must derive from.

    Raises:
        PluginError: it is not there, cannot be imported, is no ``base``, or refuses an option.
    """
    noun = installed.kind_of(group)
    what = f"{noun} {name!r}"
    kind = _class_of(group, name)
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise PluginError(
            f"{name!r} is no {noun}",
            allowed=f"a subclass of {base.__module__}.{base.__qualname__}",
            remedy=f"see {guide(group)}",
        )
    fields = getattr(kind, "__dataclass_fields__", {})
    unknown = sorted(set(options or {}) - set(fields))
    if unknown:
        raise PluginError(
            f"{what} has no option {unknown[0]!r}", allowed=choices(fields) or "no options"
        )
    with at_work(f"{what} cannot be made", allowed=choices(fields)):
        try:
            return msgspec.convert(dict(options or {}), kind) if fields else kind()
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise PluginError(f"{what}: {cut(str(error))}", allowed=choices(fields)) from error


def own(name: str, group: str = ENCODERS) -> bool:
    """Whether a plug-in came with rbench itself."""
    point = installed.entries(group).get(name)
    return point is not None and point.dist is not None and point.dist.name == "rbench"


def written(kind: str, write: Callable[..., str], *what: Any) -> str:
    """The document that a report writes, whatever else it does.

    Args:
        kind: the report's name, for messages.
        write: its ``render`` or ``compare``.
        what: its arguments.

    Raises:
        PluginError: it raised something, or gave no text.
    """
    with at_work(f"report {kind!r} failed"):
        text = write(*what)
    if not isinstance(text, str):
        raise PluginError(
            f"report {kind!r} wrote {type(text).__name__}",
            allowed="text, see rbench.plugins.Report",
        )
    return text


def report(name: str) -> Report:
    """The report of that name.

    Raises:
        PluginError: it is not there, cannot be imported or made, or has no ``render``.
    """
    kind = _class_of(REPORTS, name)
    allowed = "a class without arguments, see rbench.plugins.Report"
    with at_work(f"report {name!r} cannot be made", allowed=allowed):
        made = kind()
    if not callable(getattr(made, "render", None)):
        raise PluginError(f"report {name!r} has no render()", allowed="see rbench.plugins.Report")
    return made  # type: ignore[no-any-return]


def comparing(name: str) -> Comparing:
    """The report of that name, which must be able to show a comparison of two runs.

    Raises:
        PluginError: as for `report`, or it has no ``compare``.
    """
    made = report(name)
    if not callable(getattr(made, "compare", None)):
        raise PluginError(
            f"report {name!r} cannot show a comparison: it has no compare()",
            allowed="see rbench.plugins.Comparing",
            remedy="write another format, e.g. --format html",
        )
    return made  # type: ignore[return-value]


def source_hash(name: str, group: str = ENCODERS) -> str:
    """sha256 over the code of a plug-in, read and not run: a change in it is another plug-in.

    The code is what its file leads to in its own top-level package and in rbench, as
    `rbench.system.closure` finds and compares it; of a file of the user's, in rbench.

    Raises:
        PluginError: a file of it cannot be read.
    """
    path = _file_of(name) if group in FROM_FILES else None
    try:
        return _code_of_file(path) if path else _code_of_module(installed.find(group, name).module)
    except OSError as error:
        where = str(error.filename or path or name)
        raise PluginError(f"cannot read: {error.strerror or error}", where=where) from error


def _code_of_file(path: Path) -> str:
    if not _is_file(path):
        return "unknown"
    return digest({PLUGIN: path, **beyond(read(path, PLUGIN), _OURS)})


def _code_of_module(module: str) -> str:
    package = module.partition(".")[0]
    spec = importlib.util.find_spec(package)
    if spec is None:
        return "unknown"
    roots = [Path(place) for place in spec.submodule_search_locations or ()]
    if not roots:  # a package that is one file
        return _code_of_file(Path(spec.origin or ""))
    files = closure(module, {**_OURS, package: roots})
    return digest(files) if files else "unknown"


def guide(group: str) -> str:
    """The page that says how to write one."""
    noun = installed.kind_of(group)
    return f"docs/writing-a{'n' if noun[0] in 'aeiou' else ''}-{noun}.md"


def _file_of(name: str) -> Path | None:
    path, colon, _ = name.rpartition(":")
    return Path(path) if colon and path.endswith(".py") else None


def _placed(path: Path) -> Path:
    return _home / path if _home else path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long for any file, or a folder that is closed
        return False


def _class_of(group: str, name: str) -> Any:
    path = _file_of(name)
    if path is not None and group in FROM_FILES:
        return _from_file(path, name.rpartition(":")[2])
    return value(group, name)


class _Fresh(SourceFileLoader):
    """Compiles what stands in the file now: bytecode of a file that was changed within the second
    would be stale, and nothing of ours belongs beside a user's file.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _from_file(path: Path, class_name: str) -> Any:
    place = _placed(path)
    if not _is_file(place):
        kind = kind_of(place)
        what = f"no file, but {kind}" if kind else "no such file"
        raise PluginError(what, where=str(path), allowed="path/to/file.py:Class")
    module_name = f"rbench_plugin_{hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]}"
    if module_name not in sys.modules:
        loader = _Fresh(module_name, str(place))
        spec = importlib.util.spec_from_file_location(module_name, place, loader=loader)
        if spec is None or spec.loader is None:
            raise PluginError("cannot be imported", where=str(path))
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        try:
            with at_work("", where=str(path)):
                spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(module_name, None)
            raise
    try:
        return getattr(sys.modules[module_name], class_name)
    except AttributeError:
        raise PluginError(f"no class {class_name!r} here", where=str(path)) from None
