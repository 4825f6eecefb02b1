"""Whether the machine is busy with something else, before timing begins and while it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from rbench.cells.target import Target
from rbench.profile.result import Round
from rbench.profile.surroundings import Watch
from rbench.profile.verdict import CROWDING_CORES, company, theft

LOOK_S = 0.5
"""How long others are watched before the first round."""

Notice = Callable[[str], None]


class Contention:
    """Watches over one sweep's timing. Says when the machine gets busy, and when it is over."""

    def __init__(self) -> None:
        self.busy = False

    def look(self, notice: Notice) -> None:
        """Watch the machine while nothing of ours runs."""
        watch = Watch()
        time.sleep(LOOK_S)
        around = watch.stop()
        others = around.others_cores
        if others is not None and others > CROWDING_CORES:
            self.busy = True
            notice(
                f"busy machine: before timing, other processes use {others:.1f} of {around.cores} "
                f"cores (load average {around.load_average:g}); cells may end as unstable"
            )

    def after(self, target: Target, round_: Round, notice: Notice) -> None:
        """Tell how it was during a round, where that is news."""
        found = company(target, round_) or theft(round_)
        if found and not self.busy:
            notice(f"{target}: {found[1]}")
        if self.busy and not found:
            notice("the machine is quiet again")
        self.busy = found is not None
