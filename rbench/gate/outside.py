"""File rules: models that no run made, found by their path and weighed here."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rbench.gate.against import Against
from rbench.gate.baseline import Mark
from rbench.gate.growth import Weighed, judge_size
from rbench.gate.levels import Place
from rbench.gate.rules import FileRule
from rbench.gate.verdict import Finding

LEVEL = 9
"""Of the compression, as for the models of a run."""
_LFS = b"version https://git-lfs"


def judge_files(
    rule: FileRule, root: Path, against: Against | None, name: str
) -> Iterator[Finding]:
    """Hold every file that a rule's pattern matches to its limits.

    A file that the baseline has and the folder has not fails, as does a pattern without a file.
    """
    marks = against.baseline.files if against else {}
    found = matching(rule, root)
    wanted = [path for path in marks if _pattern(rule.path).fullmatch(path)]
    for path in wanted:
        if path not in found:
            yield Place(path, "file", name).broken(
                "is in the baseline and missing here; if that is meant, update the baseline"
            )
    if not (found or wanted or rule.optional):
        yield Place(rule.path, "rule", name).broken(f"no file matches in {root}")
    for path in found:
        mark, complaint = weigh(root / path)
        if mark is None:
            yield Place(path, "file", name).broken(complaint)
            continue
        for limit, kind, size in (
            (rule.size, "size", mark.size_bytes),
            (rule.gzip, "gzip", mark.gzip_bytes),
        ):
            if limit is not None:
                file = Weighed(path, kind, size, marks.get(path), against is not None)  # type: ignore[arg-type]
                yield from judge_size(limit, file, name)


def marks_of(rules: Iterable[FileRule], root: Path) -> dict[str, Mark]:
    """Every file that some rule matches and that can be weighed, for a baseline."""
    found: dict[str, Mark] = {}
    for path in sorted({path for rule in rules for path in matching(rule, root)}):
        mark, _ = weigh(root / path)
        if mark is not None:
            found[path] = mark
    return found


def matching(rule: FileRule, root: Path) -> list[str]:
    """Paths of a rule's files, relative to the folder, in order."""
    return sorted(
        path.relative_to(root).as_posix() for path in root.glob(rule.path) if path.is_file()
    )


def weigh(path: Path) -> tuple[Mark | None, str]:
    """A file's bytes, raw and compressed; or none, and what is wrong with it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return None, f"cannot be read: {error.strerror or error}"
    if not content:
        return None, "is empty"
    if content.startswith(_LFS):
        return None, "is a pointer of Git LFS, not the file: fetch it with `git lfs pull`"
    compressed = gzip.compress(content, LEVEL, mtime=0)
    return Mark(size_bytes=len(content), gzip_bytes=len(compressed)), ""


def _pattern(glob: str) -> re.Pattern[str]:
    """What `Path.glob` would match, as a regular expression."""
    parts = []
    for word in re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]*\])", glob):
        known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        group = word.replace("[!", "[^", 1) if re.fullmatch(r"\[[^\]]+\]", word) else ""
        parts.append(known.get(word) or group or re.escape(word))
    return re.compile("".join(parts))
