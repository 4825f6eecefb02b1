"""The browsers of this machine: which there are, and how one is started for a round."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rbench.errors import Unsupported

VARIABLE = "RBENCH_BROWSER"
"""Names the browser of ``browser/…``, by its path."""
CHROMIUM, FIREFOX = "chromium", "firefox"
NAMES = {
    CHROMIUM: (
        *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
        *("microsoft-edge", "msedge"),
    ),
    FIREFOX: ("firefox", "firefox-esr"),
}
"""Family -> the programs that belong to it, the first that is here."""
REMEDY = (
    f"install one, e.g. apt-get install chromium, or name it: export {VARIABLE}=/path/to/chromium"
)
PREFERENCES = """\
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("app.update.enabled", false);
user_pref("dom.webgpu.enabled", true);
user_pref("network.proxy.type", 0);
"""
"""Of a Firefox that nobody looks at; no proxy stands before loopback."""


class Installed(NamedTuple):
    """A browser."""

    family: str
    path: Path
    version: str
    """As it says itself: ``Chromium 156.0.7204.0``."""


def find(family: str = "") -> Installed:
    """The browser of a family; of any, the one that `VARIABLE` names, or the first that is here.

    Raises:
        Unsupported: there is none.
    """
    named = "" if family else os.environ.get(VARIABLE, "")
    if named:
        path = shutil.which(named)
        if path is None:
            raise Unsupported(
                f"no program {named!r}", where=VARIABLE, remedy=f"name one, or unset {VARIABLE}"
            )
        kind = FIREFOX if "firefox" in Path(path).name.lower() else CHROMIUM
        return Installed(kind, Path(path), version_of(path))
    for kind in (family,) if family else NAMES:
        for name in NAMES[kind]:
            if path := shutil.which(name):
                return Installed(kind, Path(path), version_of(path))
    raise Unsupported(f"no {family or 'browser'} here", remedy=REMEDY)


@cache
def version_of(path: str) -> str:
    """What a browser says of itself; its name where it says nothing."""
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError, ValueError):
        said = ""
    line = next(iter(said.strip().splitlines()), "")
    return line.partition(" built on ")[0].strip() or Path(path).name


def software_chosen() -> bool:
    """Whether the environment names drivers of GPUs, as who wants one that is a program does."""
    return bool(os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES"))


def command(browser: Installed, profile: Path, url: str, delegate: str) -> Sequence[str]:
    """How it is started with a profile of its own, which is made here."""
    if browser.family == FIREFOX:
        (profile / "user.js").write_text(PREFERENCES, "ascii")
        return [str(browser.path), "--headless", "--no-remote", "--profile", str(profile), url]
    # Chromium's sandbox needs rights that root in a container has not.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        str(browser.path),
        "--headless=new",
        f"--user-data-dir={profile}",
        *root,
        *("--no-first-run", "--no-default-browser-check", "--no-proxy-server"),
        *("--disable-extensions", "--disable-sync", "--disable-component-update"),
        *("--disable-background-networking", "--disable-breakpad", "--disable-dev-shm-usage"),
        *("--disable-background-timer-throttling", "--disable-renderer-backgrounding"),
        *(_webgpu() if delegate == "webgpu" else ["--disable-gpu"]),
        url,
    ]


def _webgpu() -> list[str]:
    """A GPU that is a program is taken where the user chose one, as with the GPU delegate."""
    software = ["--use-webgpu-adapter=swiftshader"] if software_chosen() else []
    return ["--enable-unsafe-webgpu", "--enable-features=Vulkan", *software]
