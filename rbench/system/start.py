"""How every child process of rbench begins: ``python -P start.py [--kept PARENT] MODULE WORD…``.

`rbench.system.processes` names this very file, so a child runs the rbench of its parent, whatever
lies in the current folder or further down the path, and nothing of the current folder is imported.
"""

from __future__ import annotations

import runpy
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def main() -> None:
    """Load the rbench that this file is part of and run one of its modules as a program."""
    words = sys.argv[1:]
    _load_rbench()
    if words[0] == "--kept":
        from rbench.system.keeping import keep

        keep(int(words[1]))
        words = words[2:]
    sys.argv[1:] = words[1:]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


def _load_rbench() -> None:
    folder = Path(__file__).parents[1]
    spec = spec_from_file_location(
        "rbench", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"no rbench in {folder}")
    module = module_from_spec(spec)
    sys.modules["rbench"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    main()
