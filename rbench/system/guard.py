"""A child process from its own side: it does not outlive its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

POLL_S = 1.0
PASSING_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Sent from outside, by people or by a system short of memory: worth another try."""


def die_with_parent(parent: int) -> None:
    """End this process when its parent ends, however that ends.

    Linux does it by signal, already when the thread that started this process ends; that thread
    must wait for it. Elsewhere a sleeping thread looks once a second.

    Args:
        parent: the parent's process id. If it is gone already, this process ends at once.
    """
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_S)
    os._exit(1)
