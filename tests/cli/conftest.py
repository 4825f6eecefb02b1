import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

from rbench.cli import main
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
def rbench(tmp_path, monkeypatch):
    """Runs `rbench` away from the checkout: here, or in a process of its own, modules blocked."""

    def run(*arguments, without=None, check=None, cwd=tmp_path):
        with monkeypatch.context() as patched:
            patched.chdir(cwd)
            patched.setenv("COLUMNS", "120")
            patched.setenv("NO_COLOR", "1")
            words = [str(argument) for argument in arguments]
            done = _here(patched, words) if without is None else _there(words, without)
        if check is not None:
            assert done.returncode == check, done.stdout + done.stderr
        return done

    return run


def _there(words, without):
    return subprocess.run(
        [sys.executable, "-P", "-c", BLOCKED.format(names=tuple(without)), *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def _here(patched, words):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    for name, stream in zip(("stdout", "stderr"), streams, strict=True):
        patched.setattr(sys, name, stream)
    patched.setattr(sys, "argv", ["rbench", *words])
    with pytest.raises(SystemExit) as left:
        main()
    said = [stream.buffer.getvalue().decode() for stream in streams]
    return SimpleNamespace(returncode=left.value.code, stdout=said[0], stderr=said[1])


@pytest.fixture(scope="session")
def forty_cells(tmp_path_factory):
    """A made-up run of 5 encoders x 4 recipes x 2 targets; tests must not change it."""
    return example_run(tmp_path_factory.mktemp("runs") / "forty").folder
