import os
import subprocess
import sys

import pytest

from rbench.testing.runs import example_run

BLOCKED = """
import sys
for name in {names!r}:
    sys.modules[name] = None
sys.argv = ["rbench", *sys.argv[1:]]
from rbench.cli import main
main()
"""


@pytest.fixture
def rbench(tmp_path):
    """Runs `rbench` in a process of its own, away from the checkout; some modules blocked."""

    def run(*arguments, without=(), check=None, cwd=tmp_path):
        program = BLOCKED.format(names=tuple(without))
        process = subprocess.run(
            [sys.executable, "-P", "-c", program, *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if check is not None:
            assert process.returncode == check, process.stdout + process.stderr
        return process

    return run


@pytest.fixture(scope="session")
def forty_cells(tmp_path_factory):
    """A made-up run of 5 encoders x 4 recipes x 2 targets; tests must not change it."""
    return example_run(tmp_path_factory.mktemp("runs") / "forty").folder
