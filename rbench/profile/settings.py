"""How files are timed."""

from __future__ import annotations

import msgspec


class ProfileSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The protocol of timing, the same for every cell of a study."""

    rounds: int = 6
    """Fresh processes per cell, interleaved and shuffled across cells. With 6, two cells whose
    rounds differ by 1.5 % by chance show a loss of 5 % (benchmarks/gate_power.py)."""
    instances: int = 4
    """Interpreters that a round of the ``litert`` tool makes, one after the other. Where its memory
    comes to lie moves a small model's time by 1 to 2 %: a round about one of them would be a throw
    of that dice."""
    twins: int = 1
    """Files per target that are timed as if they were two cells: how far equal ones lie apart."""
    min_runs: int = 1000
    """Timed inferences per cell, at least, over all rounds."""
    min_seconds: float = 1.0
    """Timed seconds per cell, at least, over all rounds."""
    max_seconds: float = 60.0
    """Timed seconds per cell after which it is cut, and `unstable` if min_runs were not met."""
    warmup_runs: int = 50
    warmup_seconds: float = 0.1
    """Both are met before anything counts."""
    op_runs: int = 200
    """Queries of the ``litert`` tool that are profiled, once a cell, apart from timing; 0: none."""
    contexts: int = 256
    """Real contexts of test users, drawn by the seed, that the timed runs cycle through."""
    timeout_seconds: float = 600.0
    """A round that takes longer is killed, and its cell is `failed`."""
    seed: int = 1
    phone_cores: tuple[int, ...] = ()
    """Cores of a phone that the tool is held to, e.g. the large ones; empty: the phone chooses."""
    cool_below_celsius: float = 40.0
    """A phone whose battery is warmer is left alone before a round, as is one that throttles."""
    cool_down_seconds: float = 180.0
    """How long at most, before each round; then it is timed anyway, and the verdict says so."""
