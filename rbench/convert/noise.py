"""The converter prints pages, at the C level too: they belong into the artefact's log."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rbench.system.writing import RIGHTS


@contextmanager
def captured(log: Path) -> Iterator[None]:
    """Send file descriptors 1 and 2 of this process to ``log`` meanwhile."""
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, RIGHTS)
    before = os.dup(1), os.dup(2)
    try:
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(before[0], 1)
        os.dup2(before[1], 2)
        for number in (descriptor, *before):
            os.close(number)
