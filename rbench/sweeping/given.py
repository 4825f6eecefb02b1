"""What a stage is given besides its job."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rbench import plugins
from rbench.encoding import Encoder
from rbench.features import Feature, FeatureSpec
from rbench.progress import Reporter
from rbench.sweeping.jobs import EncoderSpec
from rbench.sweeping.store import Store


class Given(NamedTuple):
    """None of it decides what a stage makes, so its code is in no key."""

    store: Store
    """Where the artefacts lie that the job names."""
    folder: Path
    """To be filled."""
    report: Reporter

    def encoder(self, spec: EncoderSpec) -> Encoder:
        """The instance that a job means; its code is in the job's key.

        Raises:
            PluginError: it cannot be had any more.
        """
        return plugins.encoder(spec.plugin, spec.options)

    def features(self, specs: Iterable[FeatureSpec]) -> list[Feature]:
        """The same for what the encoder is given."""
        return [plugins.feature(spec.name, spec.options) for spec in specs]
