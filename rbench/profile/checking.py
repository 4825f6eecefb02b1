"""Tools that check and never time: an emulated processor computes as the real one does, at a speed
that means nothing.

Such a tool is a `Checker`: it asks a file the same on its target and on this host, and its cells
hold a `rbench.records.Check` in place of a timing. There is no number in them that could be taken
for a time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rbench.cells.target import Target
from rbench.errors import RbenchError, StageError, Unsupported
from rbench.installed import told
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tool import Tool, tool_of
from rbench.records import Check

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Answers = tuple[NDArray[np.int32], NDArray[np.float32]]

T = TypeVar("T")
TOP = 10
"""Best items that are compared, where a file returns so many."""


class Checker(Tool):
    """A tool whose targets are checked. What a round is asked of other tools, `check` is of it."""

    @abstractmethod
    def check(
        self, settings: ProfileSettings, model: Path, target: Target, contexts: Path
    ) -> Check:
        """Compare a file's answers on the target with those on this host, see `compare`.

        A crash of the file's runtime must not be one of this process.
        """

    def answers(
        self, settings: ProfileSettings, model: Path, target: Target, contexts: Path
    ) -> Answers:
        """What a file says on the target: items int32 and scores float32, each (count, k), best
        first. For those who know what it should say; `check` asks this host.

        Raises:
            Unsupported: the tool compares, and does not tell what it heard.
        """
        raise Unsupported(f"the {self.word} tool tells no answers", where=str(target))

    def time(
        self,
        settings: ProfileSettings,
        model: Path,
        target: Target,
        contexts: Path,
        number: int,
        folder: Path,
    ) -> Round:
        """It has no time, whoever asks.

        Raises:
            Unsupported: always.
        """
        raise Unsupported(
            f"the {self.word} tool compares answers, it times nothing", where=str(target)
        )


def check(settings: ProfileSettings, model: Path, target: Target, contexts: Path) -> Check:
    """Compare one file's answers on a target with those on this host, and hold them to the bounds.

    Args:
        contexts: npy, int32 (count, length), left-padded with 0.

    Raises:
        Unsupported: the tool is not here, cannot run such a file, or checks nothing.
        StageError: the file was refused, or its answers are others than here.
    """
    tool = checker_of(target, model)
    made = _told(tool, target, lambda: tool.check(settings, model, target, contexts))
    if not isinstance(made, Check):
        raise StageError(f"the {tool.word} tool made no check", where=str(target))
    _hold(made, target)
    return made


def answers(settings: ProfileSettings, model: Path, target: Target, contexts: Path) -> Answers:
    """What a file says on a target that is checked, see `Checker.answers`.

    Raises:
        Unsupported: the tool is not here, cannot run such a file, or tells no answers.
        StageError: the file was refused.
    """
    tool = checker_of(target, model)
    return _told(tool, target, lambda: tool.answers(settings, model, target, contexts))


def checker_of(target: Target, model: Path) -> Checker:
    """The tool that checks a file on a target.

    Raises:
        Unsupported: it cannot run such a file, or times and checks nothing.
    """
    tool = tool_of(target)
    objection = tool.file_objection(model, target)
    if objection:
        raise Unsupported(objection, where=str(target))
    if not isinstance(tool, Checker):
        raise Unsupported(f"the {tool.word} tool times, it checks nothing", where=str(target))
    return tool


def _told(tool: Checker, target: Target, ask: Callable[[], T]) -> T:
    """What a tool says; whatever it raises is an error with its name."""
    try:
        return ask()
    except (RbenchError, OSError):
        raise
    except Exception as error:  # a stranger's tool may raise anything
        raise StageError(
            f"the {tool.word} tool failed: {told(error)}", where=str(target)
        ) from error


def _hold(made: Check, target: Target) -> None:
    """Raise where the answers are not within the bounds that the check states."""
    least = made.bounds.get("overlap", 1.0)
    most = made.bounds.get("score_difference", 0.0) * made.score_scale
    for wrong, what, allowed in (
        (
            not made.overlap >= least,
            f"{made.overlap:.3f} of the best {made.top} items are those of this host",
            f"at least {least:g}, over {made.contexts} contexts",
        ),
        (
            not made.max_score_difference <= most,
            f"a score is {made.max_score_difference:.3g} from this host's",
            f"at most {most:.3g}, the largest score is {made.score_scale:.3g}",
        ),
    ):
        if wrong:
            raise StageError(f"wrong answers: {what}", where=str(target), allowed=allowed)


def concerning_checks(settings: ProfileSettings) -> ProfileSettings:
    """The settings without those that are about timing: they make no check anew."""
    return ProfileSettings(tool=settings.tool, timeout_seconds=settings.timeout_seconds)


def compare(
    here: Answers,
    there: Answers,
) -> dict[str, Any]:
    """The numbers of a `Check`.

    Args:
        here, there: items int32 and scores float32, each (contexts, k), best first.

    Raises:
        StageError: a score is no number, or they are not of one file.
    """
    import numpy as np

    (items, scores), (others, their) = here, there
    if items.shape != others.shape or scores.shape != their.shape or not items.size:
        raise StageError(f"answers of shape {others.shape}, on this host {items.shape}")
    if not np.isfinite(scores).all():
        raise StageError("a score on this host is no finite number")
    if not np.isfinite(their).all():
        raise StageError("wrong answers: a score is no finite number")
    top = min(TOP, items.shape[1])
    pairs = list(zip(items[:, :top], others[:, :top], strict=True))
    differences = [
        abs(float(known[item]) - float(score))
        for ids, values, other_ids, other_values in zip(items, scores, others, their, strict=True)
        for known in [dict(zip(ids.tolist(), values.tolist(), strict=True))]
        for item, score in zip(other_ids.tolist(), other_values.tolist(), strict=True)
        if item in known
    ]
    return {
        "contexts": len(items),
        "top": top,
        "overlap": float(np.mean([np.isin(ours, theirs).mean() for ours, theirs in pairs])),
        "same_order": float(np.mean([np.array_equal(*pair) for pair in pairs])),
        "max_score_difference": max(differences, default=float(np.abs(scores - their).max())),
        "score_scale": float(np.abs(scores).max()),
    }
