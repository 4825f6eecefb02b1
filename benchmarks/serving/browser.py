"""A client that is a page: it stays open in a browser of this host, and taps when it is told to.

Orders and answers are those of `benchmarks/serving/client.py`. The file is asked by LiteRT.js, on
WebAssembly, as an app in a browser asks it: a tensor made, the model run, every output read. The
page is isolated, so that its clock goes in steps of 5 us in Chromium and 20 us in Firefox; every
answer is held to the host's, as on the target ``browser/wasm``.
"""

from __future__ import annotations

import hashlib
import json
import queue
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.serving.model import Model, contexts
from rbench import litertjs
from rbench.errors import RbenchError
from rbench.profile.tools.browser import browsers, parity
from rbench.profile.tools.browser.server import Server
from rbench.profile.tools.browser.session import LAUNCH
from rbench.system import processes

WITHIN_S = 120.0
PAGE = b'<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>'


def missing() -> str:
    """What is not here that a page needs; nothing if all is."""
    try:
        browsers.find()
        litertjs.fetched()
    except RbenchError as error:
        return str(error)
    return ""


class Talk:
    """The page's side: each ``next`` tells what was done, and waits for what to do."""

    def __init__(self) -> None:
        self.orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self.said: queue.Queue[tuple[str, Any]] = queue.Queue()

    def __call__(self, what: str, document: Any) -> Mapping[str, Any]:
        self.said.put((what, document))
        return self.orders.get() if what == "next" else {}

    def heard(self, child: subprocess.Popen[bytes]) -> Any:
        """What the page says next; ends where it failed, or the browser is gone."""
        for _ in range(int(WITHIN_S)):
            try:
                what, document = self.said.get(timeout=1)
            except queue.Empty:
                if child.poll() is not None:
                    raise SystemExit("the browser left") from None
                continue
            if what == "failed":
                raise SystemExit(f"the page failed: {document}")
            return document
        raise SystemExit(f"the page said nothing for {WITHIN_S:g} s")


def main() -> None:
    """Serve orders until standard input ends."""
    given = json.loads(sys.stdin.readline())
    path = Path(given["model"])
    model = Model(path)
    asked = contexts(model.shape, given["items"], given["contexts"], given["seed"])
    host = np.array([np.frombuffer(model.answer(one)[0], np.int32) for one in asked])
    runtime = litertjs.fetched()
    files = {
        "index.html": PAGE,
        "page.js": Path(__file__).with_name("page.js").read_bytes(),
        "litert.js": litertjs.module(runtime).encode(),
        "model.tflite": path.read_bytes(),
        "contexts": b"".join(asked),
    } | {
        f"wasm/{file.name}": file.read_bytes()
        for build in ("", "compat_")
        for file in runtime.build(build)
    }
    talk = Talk()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, Server(files, talk) as at:
        words = browsers.command(browsers.find(), Path(home), at.url, "wasm")
        child = subprocess.Popen(
            processes.command(LAUNCH, home, *words, kept=True),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=processes.environment(),
            start_new_session=True,
        )
        try:
            talk.heard(child)
            print("ready", flush=True)
            for line in sys.stdin:
                taps = json.loads(line)["taps"]
                talk.orders.put({"taps": taps})
                said = talk.heard(child)
                due = host[np.arange(taps) % len(host)]
                answers = {"items": np.array(said["items"], np.int32)}
                wrong = parity.compared({"items": due}, answers).complaint
                # The host's, whose order equal scores may turn.
                same = hashlib.sha256(due.tobytes()).hexdigest()
                found = {"ns": said["ns"], "bytes": 0, "items": wrong or same}
                print(json.dumps(found), flush=True)
        finally:
            processes.end(child, 5)


if __name__ == "__main__":
    main()
