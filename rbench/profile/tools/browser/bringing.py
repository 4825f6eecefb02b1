"""``rbench tool fetch litertjs``."""

from __future__ import annotations

from rbench.litertjs.bringing import LICENCE, NAME, VERSION, fetch
from rbench.profile.fetching import Brought, Fetchable, Wanted
from rbench.progress import Reporter


class LiteRtJs(Fetchable):
    """The runtime in browsers."""

    name = NAME
    meaning = f"LiteRT.js {VERSION}, the runtime in browsers, from the npm registry"
    options = ("to", "source", "mirror")

    def fetch(self, wanted: Wanted, report: Reporter) -> Brought:
        found = fetch(
            report, source=wanted.source, mirror=wanted.mirror, to=wanted.to, again=wanted.again
        )
        return Brought(
            path=found.folder,
            sha256=found.sha256,
            new=found.new,
            licence=LICENCE,
            next="rbench demo RUN -o demo.html",
        )
