"""Looking at strangers' encoders and losses before anything is done: in a process of its own.

A file that is imported may leave, crash, hang or print; so may the class that is made. Here this
is an error that names the file, and costs the process that looked.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rbench import plugins
from rbench.errors import PluginError
from rbench.system import processes
from rbench.system.channel import Listener, new_word

CHILD = "rbench.plugins.looking_child"
WITHIN_S = 60.0
"""For one encoder to be imported and made."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One plug-in to look at."""

    name: str
    options: dict[str, Any]
    group: str = plugins.ENCODERS


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag="seen"):
    """A sound encoder, as far as planning needs to know it."""

    recurrent: bool


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """One that is not; the parts of a `PluginError`."""

    what: str
    where: str
    allowed: str
    remedy: str


def look(encoders: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Seen]:
    """Import and make encoders, each with its options; those of rbench itself right here.

    Raises:
        PluginError: the first that is not there, cannot be made, or did not come to an end.
    """
    theirs = [Asked(name=name, options=dict(o)) for name, o in encoders if not plugins.own(name)]
    answers = iter(_sound(theirs))
    return [
        Seen(recurrent=plugins.encoder(name, options).recurrent)
        if plugins.own(name)
        else next(answers)
        for name, options in encoders
    ]


def look_at_losses(losses: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """The same for losses.

    Raises:
        PluginError: as for `look`.
    """
    asked = [Asked(name=name, options=dict(o), group=plugins.LOSSES) for name, o in losses]
    theirs = [one for one in asked if not plugins.own(one.name, plugins.LOSSES)]
    for one in asked:
        if one not in theirs:
            plugins.loss(one.name, one.options)
    _sound(theirs)


def _sound(theirs: list[Asked]) -> list[Seen]:
    """What is to be known of strangers' plug-ins.

    Raises:
        PluginError: the first that is not sound.
    """
    found = []
    for answer in _asked(theirs) if theirs else ():
        if isinstance(answer, Refused):
            raise PluginError(
                answer.what, where=answer.where, allowed=answer.allowed, remedy=answer.remedy
            )
        found.append(answer)
    return found


def _asked(encoders: list[Asked]) -> list[Seen | Refused]:
    """An answer for each, up to the first that is refused."""
    word = new_word()
    child = subprocess.Popen(
        processes.command(CHILD, word, kept=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=processes.environment({"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}),
        start_new_session=True,
    )
    found: list[Seen | Refused] = []
    try:
        assert child.stdin is not None
        try:
            child.stdin.write(msgspec.json.encode(encoders))
            child.stdin.close()
        except BrokenPipeError:
            pass  # it is gone already: there will be no answers
        found = _answers(child, word, [one.name for one in encoders])
        if len(found) == len(encoders) or any(isinstance(one, Refused) for one in found):
            return found
        raise PluginError(
            _how_it_ended(child),
            where=encoders[len(found)].name,
            allowed="a module that can be imported and a class that can be made, in no time",
            remedy=f"see {plugins.guide(encoders[len(found)].group)}",
        )
    finally:
        processes.end(child, WITHIN_S)


def _answers(
    child: subprocess.Popen[bytes], word: str, names: Sequence[str]
) -> list[Seen | Refused]:
    assert child.stdout is not None
    listener = Listener(word)
    found: list[Seen | Refused] = []
    until = time.monotonic() + WITHIN_S
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while len(found) < len(names) and (left := until - time.monotonic()) > 0:
            if not ready.select(left):
                break
            content = os.read(child.stdout.fileno(), 65536)
            if not content:
                break
            try:
                for answer in listener.heard(content)[: len(names) - len(found)]:
                    found.append(msgspec.json.decode(answer, type=Seen | Refused))  # type: ignore[arg-type]
                    until = time.monotonic() + WITHIN_S
            except (ValueError, msgspec.MsgspecError) as error:
                what = f"importing or making it spoilt what answers for it: {error}"
                found.append(Refused(what=what, where=names[len(found)], allowed="", remedy=""))
                break
    return found


def _how_it_ended(child: subprocess.Popen[bytes]) -> str:
    try:
        code = child.wait(1.0)
    except subprocess.TimeoutExpired:
        return f"importing and making it did not come to an end within {WITHIN_S:g} s"
    if code < 0:
        names = {int(one): one.name for one in signal.Signals}
        return f"importing or making it killed the process ({names.get(-code, -code)})"
    return f"importing or making it ended the process, with exit code {code}"
