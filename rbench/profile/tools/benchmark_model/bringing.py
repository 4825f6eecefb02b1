"""``rbench tool fetch benchmark_model``."""

from __future__ import annotations

from rbench.profile.fetching import Brought, Fetchable, Wanted
from rbench.profile.tools.benchmark_model.fetch import BASE, NAME, PLATFORMS, fetch, here
from rbench.progress import Reporter


class BenchmarkModelBuild(Fetchable):
    """The native tool, for this machine or a phone."""

    name = NAME
    meaning = "TensorFlow Lite's native benchmark tool, from Google's public builds"
    platforms = tuple(PLATFORMS)
    options = ("to", "mirror", "sha256")

    def fetch(self, wanted: Wanted, report: Reporter) -> Brought:
        platform = wanted.platform or here()
        found = fetch(
            platform,
            wanted.to,
            report,
            base=wanted.mirror or BASE,
            sha256=wanted.sha256,
            again=wanted.again,
        )
        if platform.startswith("android"):
            named = f"RBENCH_BENCHMARK_MODEL_ANDROID={found.path} " if wanted.to else ""
            then = (
                f"{named}rbench sweep --target SERIAL/benchmark_model/xnnpack (see rbench devices)"
            )
        else:
            named = f" --benchmark-model {found.path}" if wanted.to else ""
            then = f"rbench sweep{named} --target benchmark_model/xnnpack"
        return Brought(path=found.path, sha256=found.sha256, new=found.new, next=then)
