"""``rbench tool fetch aarch64``."""

from __future__ import annotations

from rbench.profile.fetching import Brought, Fetchable, Wanted
from rbench.progress import Reporter


class Sysroot(Fetchable):
    """Debian's Python for arm64 with ai-edge-litert and numpy."""

    name = "aarch64"
    meaning = "the files of an emulated arm64 machine: Debian's Python, ai-edge-litert, numpy"
    options = ("source", "mirror")

    def fetch(self, wanted: Wanted, report: Reporter) -> Brought:
        from rbench.profile.tools.aarch64 import fetch, sysroot
        from rbench.profile.tools.aarch64.packages import MIRRORS

        folder = sysroot.home()
        mirrors = (wanted.mirror,) if wanted.mirror else MIRRORS
        new = fetch.fetch(folder, report, mirrors=mirrors, source=wanted.source, again=wanted.again)
        known = sysroot.manifest(folder)
        return Brought(
            path=folder,
            sha256=known.sha256 if known else "",
            new=new,
            licence="PSF-2.0 AND LGPL-2.1-or-later AND Apache-2.0 AND BSD-3-Clause",
            next="rbench sweep --target aarch64/xnnpack"
            + ("" if sysroot.emulator() else f"; first {sysroot.GET_EMULATOR}"),
        )
