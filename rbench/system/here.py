"""The current folder is no place to import from: what lies there may be anybody's."""

from __future__ import annotations

import os
import sys


def leave_out() -> None:
    """Take away what ``python -m`` puts first on the path, unless rbench itself lies there.

    Uses modules that Python has loaded when it starts: others might be found in that very folder.
    """
    home = os.path.abspath(__file__)  # noqa: PTH100
    for _ in ("here.py", "system", "rbench"):
        home = os.path.dirname(home)  # noqa: PTH120
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()] != [home]:  # noqa: PTH109
        del sys.path[0]
