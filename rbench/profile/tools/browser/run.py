"""One round of a file in a browser."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rbench import litertjs
from rbench.cells.target import Target
from rbench.errors import StageError, ToolError, Unsupported
from rbench.profile import samples
from rbench.profile.delegates import SIMULATORS
from rbench.profile.loop import share_of
from rbench.profile.process import run_module
from rbench.profile.result import Round, Stopwatch
from rbench.profile.settings import ProfileSettings
from rbench.profile.tools.browser import browsers, parity, session
from rbench.profile.tools.browser.host_child import Order
from rbench.profile.tools.browser.settings import BrowserSettings
from rbench.records import Delegation, Timed
from rbench.system import extras
from rbench.system.arrays import TORN

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEBGPU = "webgpu"
CHECKED = 64
"""Contexts, at most, whose answers are held to the host's in every round."""
SAID = {
    "invoke": "one inference by the runtime itself, its input written into a tensor that stays and "
    "its outputs not read; query_us is the public interface's: a tensor made, the model run, every "
    "output read. Each sample is the mean of a batch of {invoke} and {query}, {ms:g} ms and more",
    "query": "one query by the public interface: a tensor made, the model run, every output read, "
    "which is when the GPU is done. Each sample is the mean of a batch of {query}, {ms:g} ms and "
    "more",
}


def run(
    own: BrowserSettings,
    settings: ProfileSettings,
    browser: browsers.Installed,
    build: str,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    folder: Path,
) -> Round:
    """One round, see `rbench.profile.measure.measure`.

    Raises:
        Unsupported: the runtime is not here, or the browser can never run such a file.
        StageError: the answers are not the host's, the GPU said that something went wrong, or the
            browser or its page failed.
    """
    import numpy as np

    where = str(target)
    extras.require("profile", f"timing on the target {target}")
    runtime = _runtime(where)
    host = _host(model, contexts, settings.timeout_seconds, where)
    asked = host.pop("contexts_")
    checked = min(CHECKED, len(asked))
    offset = number * len(asked) // max(settings.rounds, 1)
    share = share_of(settings)
    order = {
        "delegate": target.delegate,
        "contexts": len(asked),
        "checked": checked,
        "offset": offset,
        "runs": share.runs,
        "timed_ms": share.nanoseconds / 1e6,
        "most_ms": share.max_nanoseconds / 1e6,
        "warmup_runs": settings.warmup_runs,
        "warmup_ms": settings.warmup_seconds * 1e3,
        "batch_ms": own.batch_ms,
    }
    found: dict[str, Any] = {}

    def judge(document: Mapping[str, Any], answers: session.Answers) -> str:
        found.update(document)
        if document["faults"]:
            return f"{browser.version}: {session.faults(document)}"
        shaped = {
            name: array.reshape(checked, -1) if len(array) % checked == 0 else array
            for name, array in answers.items()
        }
        wanted = {name: array[:checked] for name, array in host.items()}
        found["parity"] = made = parity.compared(wanted, shaped)
        return made.complaint and f"{browser.version} answers otherwise than this host: " + (
            made.complaint
        )

    files = {
        **_page(runtime),
        "order": msgspec.json.encode(order),
        "model.tflite": model.read_bytes(),
        "contexts": np.ascontiguousarray(asked, np.int32).tobytes(),
    }
    heard = session.run(browser, target.delegate, files, judge, settings.timeout_seconds, where)
    said = _said(heard.document, where)
    main: Timed = "query" if target.delegate == WEBGPU else "invoke"
    column = _column(said.samples[main], where)
    whole = {} if main == "query" else {"query_ns": _column(said.samples["query"], where)}
    samples.write(folder, column, **whole)
    batch = said.size[main]
    return Round(
        number=number,
        runs=len(column),
        median_us=float(np.median(column)) / 1000,
        load_us=said.load_ms * 1000,
        first_us=said.first_ms * 1000,
        contexts=len(asked),
        offset=offset,
        runtime=f"LiteRT.js {litertjs.VERSION}, {browser.version}",
        surroundings=heard.surroundings,
        delegation=_delegation(model, found) if target.delegate == WEBGPU else None,
        warmup_runs=said.warmups,
        timed=main,
        batch=batch,
        said=SAID[main].format(ms=own.batch_ms, **{"invoke": 1, **said.size}),
        began=heard.began,
        stopwatch=Stopwatch(
            # A batch stands between two looks at the clock.
            tick_ns=math.ceil(said.tick_ns / batch),
            clock_overhead_ns=said.clock_ns / batch,
            call_overhead_ns=said.call_ns,
        ),
        tool=build,
        state={
            "browser": browser.version,
            "inferences_a_sample": said.size,
            "clock_step_us": said.tick_ns / 1000,
            "runtime_load_ms": said.runtime_ms,
            "wasm_heap_bytes": said.heap_bytes,
            "contexts_checked": checked,
            "top_alike": found["parity"].top_alike,
            "largest_difference": found["parity"].difference,
        },
    )


def _runtime(where: str) -> litertjs.Runtime:
    try:
        return litertjs.fetched()
    except ToolError as error:
        raise Unsupported(error.what, where=where, remedy=error.remedy) from error


def _page(runtime: litertjs.Runtime) -> dict[str, bytes]:
    page = resources.files("rbench.profile.tools.browser") / "page_files"
    wasm = {
        f"wasm/{path.name}": path.read_bytes()
        for build in ("", "compat_", "jspi_")
        for path in runtime.build(build)
    }
    return {
        "index.html": (page / "time.html").read_bytes(),
        "time.js": (page / "time.js").read_bytes(),
        "litert.js": litertjs.module(runtime).encode(),
        **wasm,
    }


def _host(model: Path, contexts: Path, timeout_s: float, where: str) -> dict[str, NDArray[Any]]:
    """What this host answers, and the contexts as the file takes them.

    Raises:
        StageError: it cannot run the file.
    """
    import numpy as np

    order = Order(model=str(model), contexts=str(contexts), parent=os.getpid())
    said = run_module(
        "rbench.profile.tools.browser.host_child",
        msgspec.json.encode(order),
        timeout_s=timeout_s,
        where=where,
        what="the host's answers",
    )
    try:
        with np.load(io.BytesIO(said)) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except TORN as error:
        raise StageError(f"the host's answers cannot be read: {error}", where=where) from error


class _Said(msgspec.Struct, frozen=True):
    """What the page tells in the end; times as they are named."""

    samples: dict[str, list[float]]
    """``invoke`` and ``query``: nanoseconds of one inference, a batch each."""
    size: dict[str, int]
    """Inferences in a batch."""
    warmups: int
    load_ms: float
    first_ms: float
    runtime_ms: float
    heap_bytes: int
    tick_ns: float
    clock_ns: float
    call_ns: float


def _said(document: Mapping[str, Any], where: str) -> _Said:
    """Raises StageError: what the page tells is no measurement; JSON has null for an infinity."""
    try:
        return msgspec.convert(document, _Said)
    except msgspec.ValidationError as error:
        raise StageError(f"the page's result is none: {error}", where=where) from error


def _column(values: list[float], where: str) -> NDArray[Any]:
    import numpy as np

    taken = np.rint(np.array(values, np.float64))
    if not len(taken) or taken.max() > samples.LONGEST_NS or not np.isfinite(taken).all():
        raise StageError("the page's times are none", where=where)
    return taken.astype(np.uint32)


def _delegation(model: Path, found: Mapping[str, Any]) -> Delegation:
    """What the GPU took; where not all, the runtime does not tell which."""
    from rbench.tflite import mapped, read

    nodes = len(read(mapped(model)).subgraphs[0].operators)
    adapter = found["adapter"]
    words = (adapter.get(key) for key in ("description", "vendor", "architecture"))
    name = " ".join(filter(None, words)) or "a GPU without a name"
    whole = bool(found["accelerated"])
    return Delegation(
        delegate=WEBGPU,
        nodes_total=nodes,
        nodes_delegated=nodes if whole else 0,
        partitions=1,
        software=bool(adapter.get("fallback")) or any(word in name.lower() for word in SIMULATORS),
        adapter=name,
        remarks=() if whole else ("taken in part: LiteRT.js does not tell which nodes",),
    )
