"""The engine from a notebook: sweep a study, take the run's best cell, ship it.

>>> import rbench
>>> run = rbench.sweep("default")  # doctest: +SKIP
>>> best = run.best(max_size="100KB")  # doctest: +SKIP
>>> run.ship(best, "bundle")  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rbench import records
from rbench.errors import UsageError
from rbench.records import Record, run_folder

if TYPE_CHECKING:
    from rbench.ship import Shipped, Titles
    from rbench.study import Study


class Run(records.Run, frozen=True, kw_only=True):
    """A run folder, read; it can say which cell to ship, and ship it."""

    def best(
        self,
        *,
        max_size: int | str | None = None,
        max_latency_us: float | None = None,
        max_memory: int | str | None = None,
    ) -> Record:
        """The cell that the report recommends: the cheapest of those that are not told apart from
        the best one within the limits. Those of the study hold where none is given here.

        Args:
            max_size: of the file: bytes, or ``"300KB"``.
            max_latency_us: median of one query, microseconds.
            max_memory: growth of the process's peak memory: bytes, or ``"20MB"``.

        Raises:
            UsageError: a limit is none, or no cell was finished with a score.
            NoneKeeps: no cell keeps the limits; it names the nearest.
        """
        from rbench.choose import limits_of, recommended

        given = {
            "size_bytes": _bytes("max_size", max_size),
            "median_us": _positive("max_latency_us", max_latency_us),
            "peak_memory_bytes": _bytes("max_memory", max_memory),
        }
        limits = limits_of(self.info.settings)
        limits |= {key: most for key, most in given.items() if most is not None}
        found = recommended(self, limits)
        if found is None:
            raise UsageError(
                "no cell of this run can be recommended: none was finished with a score",
                where=str(self.folder),
                remedy="run.frame() has the reasons",
            )
        return found

    def ship(
        self,
        cell: Record | str = "",
        to: Path | str = "bundle",
        *,
        titles: Titles | Path | str | None = None,
        licence: str = "",
        single_file: bool = False,
        checks: Sequence[str] = (),
    ) -> Shipped:
        """Write the bundle of a cell, as ``rbench ship`` does; docs/shipping.md describes it.

        Args:
            cell: what `best` returned, or ``ENCODER/RECIPE``; the recommended one if left out.
            to: a folder that is not there or empty; with ``single_file`` a file that is not there.
            titles: a table with what people call the items.
            licence: of the model, for its card.
            single_file: write one ``.tflite`` that carries everything else behind the model.
            checks: targets that have to give the golden answers too, e.g. ``["aarch64"]``.

        Raises:
            RbenchError: as `rbench.ship.ship`.
        """
        from rbench import ship

        name = cell if isinstance(cell, str) else f"{cell.cell.encoder}/{cell.cell.recipe}"
        if isinstance(titles, Path | str):
            titles = ship.Titles(Path(titles))
        return ship.ship(
            self, to, name, titles=titles, licence=licence, single_file=single_file, checks=checks
        )


def sweep(
    study: Study | Path | str = "default", out: Path | str | None = None, **options: Any
) -> Run:
    """Run a study: everything that the store does not have yet, then the records of all its cells.

    Args:
        study: a study, its TOML file, or the name of one that comes with rbench.
        out: the run's folder, by default ``runs/STUDY-TIME``; an existing run is continued.
        options: as `rbench.sweeping.sweep.sweep` takes them: ``retry_failed``, ``observer``, …

    Raises:
        RbenchError: the study cannot be run (its log, its plug-ins, the place to write).
    """
    from rbench.study import Study
    from rbench.sweeping import sweep as sweeping

    known = study if isinstance(study, Study) else Study.read(study)
    return _shipping(sweeping.sweep(known, out, **options))


def read_run(folder: Path | str) -> Run:
    """Read a run folder.

    Raises:
        RecordError: see `rbench.records.run_folder.read_run`.
    """
    return _shipping(run_folder.read_run(folder))


def _shipping(run: records.Run) -> Run:
    return Run(**msgspec.structs.asdict(run))


def _bytes(name: str, value: int | str | None) -> float | None:
    from rbench.gate.sizes import parse_size

    return _positive(name, parse_size(value) if isinstance(value, str) else value)


def _positive(name: str, value: float | None) -> float | None:
    if value is not None and (isinstance(value, bool) or not 0 < value < float("inf")):
        raise UsageError(f"{name} is {value!r}", allowed="a number above 0")
    return None if value is None else float(value)
