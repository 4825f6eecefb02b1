"""File rules: models that no run made, found by their path and weighed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from rbench.gate.against import Against
from rbench.gate.baseline import Mark
from rbench.gate.growth import Weighed, judge_size
from rbench.gate.levels import Subject
from rbench.gate.limits import Limits
from rbench.gate.matching import Matches, matches
from rbench.gate.opening import NoFileError
from rbench.gate.rules import FileRule, SizeLimit
from rbench.gate.verdict import Finding
from rbench.gate.weighing import Weight, weigh


class Outside:
    """The files that the rules of a budget match, each weighed once.

    Args:
        root: where the paths of the file rules begin.
    """

    def __init__(self, limits: Limits, root: Path) -> None:
        self.limits = limits
        self.root = root
        self._matches = [Matches(rule.path, root) for rule in limits.files]

    @cached_property
    def weights(self) -> dict[str, Weight]:
        """Path relative to the root -> what the file weighs, or why it cannot be weighed."""
        every = sorted({path for found in self._matches for path in found.paths})
        return {path: weigh(self.root / path) for path in every}

    def findings(self, against: Against | None) -> Iterator[Finding]:
        """Hold every file that a rule matches to that rule's limits, and to the budget's own.

        A file that the baseline has and the folder has not fails, as do a rule without a file and
        whatever cannot be weighed.
        """
        for path, weight in self.weights.items():
            if weight.complaint:
                yield Subject(path, "file").broken(weight.complaint)
        most = self.limits.max_size_bytes
        if most is not None:
            for path, weight in self._sound(self.weights):
                file = Weighed(path, "size", weight.size_bytes, None, compared=False)
                yield from judge_size(SizeLimit(max=most), file, "")
        for number, (rule, found) in enumerate(zip(self.limits.files, self._matches, strict=True)):
            yield from self._rule(rule, found, against, f"files[{number}]")

    def notes(self) -> Iterator[str]:
        """What a reader of the sizes should know."""
        for weight in self.weights.values():
            yield from weight.notes

    def marks(self) -> dict[str, Mark]:
        """Every file that can be weighed, for a baseline."""
        found = {}
        for path, weight in self._sound(self.weights):
            try:
                packed = weight.gzip_bytes()
            except NoFileError:
                continue
            found[path] = Mark(size_bytes=weight.size_bytes, gzip_bytes=packed)
        return found

    def _sound(self, paths: Iterable[str]) -> Iterator[tuple[str, Weight]]:
        return ((p, self.weights[p]) for p in paths if not self.weights[p].complaint)

    def _rule(
        self, rule: FileRule, found: Matches, against: Against | None, name: str
    ) -> Iterator[Finding]:
        paths = found.paths
        marks = against.baseline.files if against else {}
        wanted = [path for path in marks if matches(path, rule.path)]
        for folder, reason in found.unreadable.items():
            yield Subject(folder, "rule", name).broken(f"cannot be looked into: {reason}")
        for path in wanted:
            if path not in paths:
                yield Subject(path, "file", name).broken(
                    "is in the baseline and missing here; if that is meant, update the baseline"
                )
        if not (paths or wanted or found.unreadable or rule.optional):
            yield Subject(rule.path, "rule", name).broken(f"no file matches in {self.root}")
        for path, weight in self._sound(paths):
            mark, compared = marks.get(path), against is not None
            if rule.size is not None:
                file = Weighed(path, "size", weight.size_bytes, mark, compared)
                yield from judge_size(rule.size, file, name)
            if rule.gzip is not None:
                try:
                    file = Weighed(path, "gzip", weight.gzip_bytes(), mark, compared)
                except NoFileError as error:
                    yield Subject(path, "gzip", name).broken(str(error))
                    continue
                yield from judge_size(rule.gzip, file, name)
