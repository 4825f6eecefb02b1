"""File rules: models that no run made, found by their path and weighed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from rbench.gate.against import Against
from rbench.gate.baseline import Mark
from rbench.gate.growth import Weighed, judge_size
from rbench.gate.levels import Place
from rbench.gate.limits import Limits
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
        self._paths = [matching(rule, root) for rule in limits.files]

    @cached_property
    def weights(self) -> dict[str, Weight]:
        """Path relative to the root -> what the file weighs, or why it cannot be weighed."""
        every = sorted({path for paths in self._paths for path in paths})
        return {path: weigh(self.root / path) for path in every}

    def findings(self, against: Against | None) -> Iterator[Finding]:
        """Hold every file that a rule matches to that rule's limits, and to the budget's own.

        A file that the baseline has and the folder has not fails, as do a rule without a file and
        whatever cannot be weighed.
        """
        for path, weight in self.weights.items():
            if weight.complaint:
                yield Place(path, "file").broken(weight.complaint)
        most = self.limits.max_size_bytes
        if most is not None:
            for path, weight in self._sound(self.weights):
                file = Weighed(path, "size", weight.size_bytes, None, compared=False)
                yield from judge_size(SizeLimit(max=most), file, "")
        for number, (rule, paths) in enumerate(zip(self.limits.files, self._paths, strict=True)):
            yield from self._rule(rule, paths, against, f"files[{number}]")

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
        self, rule: FileRule, paths: list[str], against: Against | None, name: str
    ) -> Iterator[Finding]:
        marks = against.baseline.files if against else {}
        wanted = [path for path in marks if _pattern(rule.path).fullmatch(path)]
        for path in wanted:
            if path not in paths:
                yield Place(path, "file", name).broken(
                    "is in the baseline and missing here; if that is meant, update the baseline"
                )
        if not (paths or wanted or rule.optional):
            yield Place(rule.path, "rule", name).broken(f"no file matches in {self.root}")
        for path, weight in self._sound(paths):
            mark, compared = marks.get(path), against is not None
            if rule.size is not None:
                file = Weighed(path, "size", weight.size_bytes, mark, compared)
                yield from judge_size(rule.size, file, name)
            if rule.gzip is not None:
                try:
                    file = Weighed(path, "gzip", weight.gzip_bytes(), mark, compared)
                except NoFileError as error:
                    yield Place(path, "gzip", name).broken(str(error))
                    continue
                yield from judge_size(rule.gzip, file, name)


def matching(rule: FileRule, root: Path) -> list[str]:
    """What a rule's pattern matches, relative to the folder, in order: files, and whatever else
    bears such a name. Folders on the way to files, as ``*`` finds them, are none of it.
    """
    kind = PurePosixPath(rule.path).suffix
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.glob(rule.path)
        if not path.is_dir() or (kind and path.suffix == kind)
    )


def _pattern(glob: str) -> re.Pattern[str]:
    """What `Path.glob` would match, as a regular expression."""
    parts = []
    for word in re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]*\])", glob):
        known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        group = word.replace("[!", "[^", 1) if re.fullmatch(r"\[[^\]]+\]", word) else ""
        parts.append(known.get(word) or group or re.escape(word))
    return re.compile("".join(parts))
