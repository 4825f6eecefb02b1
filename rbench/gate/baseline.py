"""Baselines: the small file that a repository keeps, to which later runs are compared.

It holds the sizes of every model, what the last of them were, and the scores with their
intervals; no ranks and no times. See docs/file-formats.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from rbench.errors import RecordError
from rbench.gate.documents import read_json
from rbench.gate.rules import LONGEST
from rbench.gate.sizes import LARGEST
from rbench.records import Estimate
from rbench.system.writing import write_atomically

SCHEMA = 1
"""Version of the baseline file."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of one file in one baseline."""

    created: str
    size_bytes: int
    gzip_bytes: int


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of one file."""

    size_bytes: int
    gzip_bytes: int
    data: str = ""
    """Checksum of the split that it was scored on."""
    quality: dict[str, Estimate] = {}
    """Metric -> its value and 95 % interval."""
    history: tuple[Past, ...] = ()
    """Its sizes in the last baselines, oldest first, this one's last."""

    def after(self, before: Mark | None, created: str) -> Mark:
        """This mark with the history of the one before it; one entry for each ``created``."""
        former = before.history if before else ()
        if former and former[-1].created == created:
            former = former[:-1]
        now = Past(created=created, size_bytes=self.size_bytes, gzip_bytes=self.gzip_bytes)
        return msgspec.structs.replace(self, history=(*former, now)[-LONGEST:])


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline file."""

    schema: int = SCHEMA
    created: str = ""
    """Of the run that it was taken from; UTC, ISO 8601."""
    study: str = ""
    filtered: bool | None = None
    """Whether the histories were taken out of the rankings; None: not known."""
    models: dict[str, Mark] = {}
    """``ENCODER x RECIPE``, for further seeds with ``, seed N`` -> mark."""
    files: dict[str, Mark] = {}
    """Path relative to the budget file -> mark, for files that no run made."""

    def after(self, before: Baseline | None) -> Baseline:
        """This baseline with the histories of the one before it."""
        old = before or Baseline()
        return msgspec.structs.replace(
            self,
            models=_after(self.models, old.models, self.created),
            files=_after(self.files, old.files, self.created),
        )


def _after(new: Mapping[str, Mark], old: Mapping[str, Mark], created: str) -> dict[str, Mark]:
    return {name: mark.after(old.get(name), created) for name, mark in new.items()}


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        RecordError: it cannot be read, is no baseline, or is newer than this rbench.
    """
    remedy = "write it with: rbench gate RUN --update " + str(path)
    try:
        document = read_json(path)
    except OSError as error:
        raise RecordError(
            f"cannot read the baseline: {error.strerror or error}",
            where=str(path),
            allowed="the folder of a run, or a baseline file",
            remedy=remedy,
        ) from error
    except ValueError as error:
        raise RecordError(f"no JSON document: {error}", where=str(path), remedy=remedy) from error
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, bool) or not isinstance(schema, int) or not 1 <= schema <= SCHEMA:
        newer = isinstance(schema, int) and schema > SCHEMA
        raise RecordError(
            f"schema {schema} is newer than this rbench" if newer else "no schema number",
            where=str(path),
            allowed=f"schema {SCHEMA}",
            remedy="upgrade rbench" if newer else remedy,
        )
    try:
        found = msgspec.convert(document, Baseline)
    except msgspec.ValidationError as error:
        raise RecordError(str(error), where=str(path), remedy=remedy) from error
    for name, mark in (*found.models.items(), *found.files.items()):
        sizes = [mark.size_bytes, mark.gzip_bytes]
        sizes += [size for past in mark.history for size in (past.size_bytes, past.gzip_bytes)]
        if max(sizes) > LARGEST:
            raise RecordError(
                f"{name!r} has more bytes than any file",
                where=str(path),
                allowed=f"up to {LARGEST:,}",
                remedy=remedy,
            )
    return found


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline file, atomically; equal baselines make equal bytes.

    Raises:
        OutputError: the place cannot be written.
    """
    encoded = msgspec.json.encode(baseline, order="deterministic")
    text = msgspec.json.format(encoded).decode()
    write_atomically(path, (_INNERMOST.sub(_one_line, text) + "\n").encode())


_INNERMOST = re.compile(r"\{\n[^{}\[\]]*\}")


def _one_line(found: re.Match[str]) -> str:
    """A score or a past size on a line of its own, so that a difference reads well."""
    return re.sub(r"\s*\n\s*", " ", found.group()) if len(found.group()) < 400 else found.group()


def rounded(estimates: Iterable[tuple[str, Estimate]]) -> dict[str, Estimate]:
    """Scores with as many digits as a reviewer reads."""
    return {
        name: Estimate(value=round(e.value, 5), low=round(e.low, 5), high=round(e.high, 5))
        for name, e in estimates
    }
