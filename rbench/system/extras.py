"""Optional libraries: who needs which, said in one line where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

from rbench.errors import MissingExtraError

EXTRAS: dict[str, tuple[str, ...]] = {
    "federated": ("flwr", "ray", "dp_accounting"),
    "ray": ("ray",),
    "report": ("jinja2", "pandas", "plotly"),
    "profile": ("ai_edge_litert", "backports.zstd"),
    "sweep": (
        *(
            "ai_edge_litert",
            "backports.zstd",
            "tensorflow",
            "tf_keras",
            "tensorflow_model_optimization",
        ),
        *("scipy", "jinja2", "pandas", "plotly"),
    ),
}
"""Extra -> modules that it brings and that its commands cannot do without."""


def require(extra: str, what: str, *modules: str, instead: str = "") -> None:
    """Make sure that an extra is installed. Imports nothing.

    Args:
        what: who needs it, e.g. ``"rbench sweep"``.
        modules: those of the extra's that are needed; all of them unless some are named.
        instead: what would do without it, if anything, e.g. ``"--format markdown"``.

    Raises:
        MissingExtraError: it is not.
    """
    missing = [module for module in modules or EXTRAS[extra] if not is_there(module)]
    if missing:
        remedy = f"install it with: pip install 'rbench[{extra}]'"
        raise MissingExtraError(
            f"{what} needs {', '.join(missing)}",
            remedy=f"{remedy}; or without it: {instead}" if instead else remedy,
        )


def is_there(module: str) -> bool:
    """Whether a module could be imported; its parent packages are, it is not."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package that it would lie in
        return False
