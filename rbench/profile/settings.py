"""How files are timed."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from rbench.bounds import DAYS, SEED, Bounded, Range

SHARES = 6
"""Rounds among which the runs and seconds of a cell are dealt out at most."""


class ProfileSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The protocol of timing, the same for every cell of a study."""

    rounds: Annotated[int, Range(1, 1000)] = 6
    """Fresh processes per cell, interleaved and shuffled across cells. With 6, two cells whose
    rounds differ by 1.5 % by chance show a loss of 5 % (benchmarks/gate_power.py)."""
    instances: Annotated[int, Range(1, 1000)] = 4
    """Interpreters that a round of the ``litert`` tool makes, one after the other. Where its memory
    comes to lie moves a small model's time by 1 to 2 %: a round about one of them would be a throw
    of that dice."""
    twins: Annotated[int, Range(0, 1000)] = 1
    """Files per target that are timed as if they were two cells: how far equal ones lie apart."""
    min_runs: Annotated[int, Range(1, 10**9)] = 1000
    """Timed inferences per cell, at least, over all rounds."""
    min_seconds: Annotated[float, Range(0.0, DAYS)] = 1.0
    """Timed seconds per cell, at least, over all rounds."""
    max_seconds: Annotated[float, Range(0.0, DAYS)] = 60.0
    """Timed seconds per cell after which it is cut, and `unstable` if min_runs were not met."""
    warmup_runs: Annotated[int, Range(0, 10**9)] = 50
    warmup_seconds: Annotated[float, Range(0.0, DAYS)] = 0.1
    """Both are met before anything counts; after two seconds the time is enough."""
    op_runs: Annotated[int, Range(0, 10**9)] = 200
    """Queries of the ``litert`` tool that are profiled, once a cell, apart from timing; 0: none."""
    contexts: Annotated[int, Range(1, 1_000_000)] = 256
    """Real contexts of test users, drawn by the seed, that the timed runs cycle through."""
    timeout_seconds: Annotated[float, Range(0.0, DAYS)] = 600.0
    """A round that takes longer is killed, and its cell is `failed`."""
    seed: Annotated[int, Range(0, SEED)] = 1
    phone_cores: Annotated[tuple[int, ...], Range(0, 1023)] = ()
    """Cores of a phone that the tool is held to, e.g. the large ones; empty: the phone chooses."""
    cool_below_celsius: Annotated[float, Range(-50.0, 200.0)] = 40.0
    """A phone whose battery is warmer is left alone before a round, as is one that throttles."""
    cool_down_seconds: Annotated[float, Range(0.0, DAYS)] = 180.0
    """How long at most, before each round; then it is timed anyway, and the verdict says so."""
    tool: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    """Tool -> settings of its own, see `rbench.profile.tool.Tool.settings`."""

    def of_a_round(self) -> ProfileSettings:
        """What one round is told: the least of a cell's runs and seconds is dealt out among its
        rounds, but among `SHARES` at most. Further ones add to it, and leave the others as they
        were: whoever asks for more rounds keeps those that were timed.
        """
        return msgspec.structs.replace(self, rounds=min(self.rounds, SHARES))

    def said(self) -> dict[str, Any]:
        """All of them, for a record."""
        known: dict[str, Any] = msgspec.to_builtins(self)
        return known if self.tool else {k: value for k, value in known.items() if k != "tool"}
