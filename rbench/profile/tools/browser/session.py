"""One page in one browser: started, told its order, heard, and gone with all that it started."""

from __future__ import annotations

import base64
import queue
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from rbench.errors import Killed, StageError, Unsupported
from rbench.profile.result import Surroundings
from rbench.profile.surroundings import Watch
from rbench.profile.tools.browser import browsers, usage
from rbench.profile.tools.browser.server import Server
from rbench.system import processes, temporary
from rbench.text.shown import cut

LAUNCH = "rbench.profile.tools.browser.launch"
END_WITHIN_S = 5.0

Answers = dict[str, Any]
"""Output -> array, as the page sent it."""
Judge = Callable[[Mapping[str, Any], Answers], str]
"""Is told what the page says beside its answers, and those; why it may not time, or nothing."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What a round in a browser says."""

    document: dict[str, Any]
    """Of the page, in the end."""
    began: float
    """When timing began, seconds since 1970, UTC."""
    surroundings: Surroundings


class _Talk:
    """The page's side of the talk, which the server's threads call."""

    def __init__(self, judge: Judge) -> None:
        self.ended: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.root = 0
        self._judge = judge
        self._watch = Watch()
        self._spent = self._started = self.began = 0.0
        self.surroundings = Surroundings(cores=1)

    def __call__(self, what: str, document: Any) -> Mapping[str, Any]:
        parts = {
            "answers": self._answers,
            "begin": self._begin,
            "result": self._result,
            "failed": self._failed,
        }
        try:
            return parts[what](document)
        except Exception as error:  # whatever it is, the round is over
            self.ended.put(("broken", error))
            return {}

    def _answers(self, document: Any) -> Mapping[str, Any]:
        complaint = self._judge(document, _arrays(document["outputs"]))
        if complaint:
            self.ended.put(("wrong", complaint))
        return {"time": not complaint}

    def _begin(self, document: Any) -> Mapping[str, Any]:
        self.began, self._started = time.time(), time.monotonic()
        self._spent = usage.cpu_seconds(self.root)
        self._watch = Watch()
        return {}

    def _result(self, document: Any) -> Mapping[str, Any]:
        self.surroundings = self._watch.stop()
        others = self.surroundings.others_cores
        if others is not None:
            spent = usage.cpu_seconds(self.root) - self._spent
            wall = max(time.monotonic() - self._started, 1e-9)
            self.surroundings = msgspec.structs.replace(
                self.surroundings, others_cores=round(max(0.0, others - spent / wall), 3)
            )
        self.ended.put(("result", document))
        return {}

    def _failed(self, document: Any) -> Mapping[str, Any]:
        self.ended.put(("failed", document))
        return {}


def _arrays(outputs: Any) -> Answers:
    import numpy as np

    kinds = {"Int32Array": np.int32, "Float32Array": np.float32, "Uint8Array": np.uint8}
    return {
        one["name"]: np.frombuffer(base64.b64decode(one["data"]), kinds[one["dtype"]])
        for one in outputs
    }


def run(
    browser: browsers.Installed,
    delegate: str,
    files: Mapping[str, bytes],
    judge: Judge,
    timeout_s: float,
    where: str,
) -> Heard:
    """Open the page, and wait until it has said all.

    Raises:
        Unsupported: this browser can never run such a file.
        StageError: the page or the browser failed, or took too long.
        Killed: the browser was ended from outside.
    """
    talk = _Talk(judge)
    with (
        temporary.folder() as place,
        Server(files, talk) as server,
        tempfile.TemporaryFile() as said,
    ):
        words = browsers.command(browser, place, server.url, delegate)
        child = subprocess.Popen(
            processes.command(LAUNCH, str(place), *words, kept=True),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=processes.environment(),
            start_new_session=True,
        )
        talk.root = child.pid
        try:
            kind, document = _wait(talk, child, timeout_s, where)
        finally:
            processes.end(child, END_WITHIN_S)
        if kind == "gone":
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise StageError(
                "the browser left before the round was over: "
                + (lines[-1][:300] if lines else "it said nothing"),
                where=where,
            )
    if kind == "broken":
        if isinstance(document, (Unsupported, StageError)):
            raise document
        raise StageError(f"the page's answers cannot be read: {document}", where=where)
    if kind == "wrong":
        raise StageError(document, where=where)
    if kind == "failed":
        heard = (document["said"], faults(document), *document["told"][-2:])
        fault = Unsupported if document["kind"] == "impossible" else StageError
        text = "; ".join(map(one_line, filter(None, heard)))
        raise fault(f"{browser.version}: {text}", where=where)
    if document["faults"]:
        raise StageError(f"{browser.version}: {faults(document)}", where=where)
    return Heard(document=document, began=talk.began, surroundings=talk.surroundings)


def faults(document: Mapping[str, Any]) -> str:
    """What went wrong in the page beside its program, in a line: the first, the others follow from
    it. Empty where nothing did.
    """
    said = document["faults"]
    more = f" (and {len(said) - 1} more)" if said[1:] else ""
    return one_line(said[0]) + more if said else ""


def one_line(text: str) -> str:
    """Without line breaks, and no longer than is read."""
    return cut(" ".join(text.split()), 400)


def _wait(
    talk: _Talk, child: subprocess.Popen[bytes], timeout_s: float, where: str
) -> tuple[str, Any]:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        try:
            return talk.ended.get(timeout=0.2)
        except queue.Empty:
            if child.poll() is None:
                continue
            if child.returncode in (-9, -15):
                raise Killed("the browser was ended from outside", where=where) from None
            # What it said last may be on its way.
            return ("gone", None) if talk.ended.empty() else talk.ended.get()
    raise StageError(
        f"the browser was ended after {timeout_s:g} s",
        where=where,
        remedy="raise profile.timeout_seconds if the model is that slow",
    )
