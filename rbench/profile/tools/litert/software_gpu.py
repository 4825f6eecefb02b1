"""A GPU that is a program on the CPU: where it is, and how a reader gets it.

It is never taken by itself: who wants to check that a file runs on a GPU delegate, and gives the
right answers there, asks for it by an environment variable. Its times mean nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "VK_DRIVER_FILES"
"""Of the Vulkan loader: which drivers there are."""
DRIVERS = (
    Path("/usr/lib/chromium/vk_swiftshader_icd.json"),
    Path("/usr/lib/chromium-browser/vk_swiftshader_icd.json"),
    Path("/opt/google/chrome/vk_swiftshader_icd.json"),
)
"""SwiftShader, as Debian's chromium and Google's Chrome bring it. Mesa's llvmpipe may not do: the
GPU delegate refuses older ones."""
PACKAGES = "chromium libvulkan1"
"""Debian packages that bring the driver and the Vulkan loader."""


def driver() -> Path | None:
    """The software GPU's driver on this machine, if there is one."""
    return next((path for path in DRIVERS if path.is_file()), None)


def chosen() -> bool:
    """Whether the environment names drivers, so that the Vulkan loader takes no others."""
    return bool(os.environ.get(VARIABLE) or os.environ.get("VK_ICD_FILENAMES"))


def export_line() -> str:
    """What a shell is told to choose the software GPU."""
    return f"export {VARIABLE}={driver() or DRIVERS[0]}"


def remedy() -> str:
    """What a reader without a GPU can do."""
    install = "" if driver() else f"apt-get install {PACKAGES}, then "
    return f"a software GPU checks the answers, not the time: {install}{export_line()}"
