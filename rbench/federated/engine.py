"""Flower, started and ended: a simulation of this training's own, or the user's deployment.

All that Flower writes goes to a folder that is taken away, nothing of the user's is read or
changed, and whatever was started is ended, killed or not.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rbench.errors import StageError
from rbench.federated.standing import FAULT, Standing, told
from rbench.federated.task import KEY, TASK, Task
from rbench.progress import Progress, Reporter
from rbench.system import processes, temporary
from rbench.system.keeping import end_marked

LOOK_EVERY_S = 0.2
ASK_EVERY_S = 30.0
"""How often Flower is asked for the run's state, which takes a process."""
GRACE_S = 10.0
"""For a simulation and what it started to be gone."""
ANSWER_WITHIN_S = 600.0
"""For one of Flower's commands."""
MOST_WORDS = 2000
LONGEST_PLACE = 16
"""Of a folder's path, under which Ray's sockets have room for their names."""
NAME = "rbench"
"""Of the connection in Flower's configuration."""
APP = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "rbench-federated"
version = "1.0.0"
description = "An encoder of rbench, trained by its users' devices"
license = "Apache-2.0"
dependencies = ["rbench[federated]"]

[tool.flwr.app]
publisher = "rbench"

[tool.flwr.app.components]
serverapp = "rbench.federated.server_app:app"
clientapp = "rbench.federated.client_app:app"

[tool.flwr.app.config]
task = ""
"""


def run(task: Task, report: Reporter) -> None:
    """Do the rounds that are left, and wait for the last.

    Raises:
        StageError: Flower cannot be started or reached, or the run failed.
    """
    with temporary.folder(_place()) as scratch:
        environment = _environment(scratch)
        try:
            if task.federated.superlink:
                _deployed(task, scratch, environment, report)
            else:
                _simulated(task, scratch, environment, report)
        finally:
            end_marked(f"FLWR_HOME={environment['FLWR_HOME']}")


def _place() -> Path:
    """The user's folder for temporary files; where its path is too long for Ray's sockets, which
    take 107 bytes in all, the system's.
    """
    place, short = temporary.users_folder(), Path("/tmp")
    return short if len(str(place)) > LONGEST_PLACE and os.access(short, os.W_OK) else place


def _environment(scratch: Path) -> dict[str, str]:
    """What Flower's processes are told: this Python's programs, a home of their own, no telemetry,
    and nothing of a Ray cluster that may run here.
    """
    known = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    programs = str(Path(sys.executable).parent)
    return known | {
        "PATH": f"{programs}{os.pathsep}{known.get('PATH', '')}",
        "FLWR_HOME": str(scratch / "flwr"),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "RAY_TMPDIR": str(scratch),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "TF_USE_LEGACY_KERAS": "1",
    }


def _simulated(task: Task, scratch: Path, environment: Mapping[str, str], report: Reporter) -> None:
    """In a process of its own, whose words go to this one's log."""
    process = subprocess.Popen(
        processes.command("rbench.federated.simulation", kept=True),
        env={**environment, TASK: task.text()},
        cwd=scratch,
        start_new_session=True,
    )

    def ended() -> str:
        code = process.poll()
        return "" if code is None else f"Flower's simulation ended with exit code {code}"

    try:
        _wait(task, ended, 0.0, report)
    finally:
        processes.end(process, GRACE_S)


def _deployed(task: Task, scratch: Path, environment: Mapping[str, str], report: Reporter) -> None:
    """`flwr run` on the user's SuperLink."""
    (home := scratch / "flwr").mkdir()
    (home / "config.toml").write_text(
        f'[superlink]\ndefault = "{NAME}"\n\n'
        f'[superlink.{NAME}]\naddress = "{task.federated.superlink}"\ninsecure = true\n',
        encoding="utf-8",
    )
    (scratch / "app").mkdir()
    (scratch / "app" / "pyproject.toml").write_text(APP, encoding="utf-8")
    (scratch / "run.toml").write_text(f"{KEY} = {json.dumps(task.text())}\n", encoding="utf-8")
    words = ["run", str(scratch / "app"), NAME, "--run-config", str(scratch / "run.toml")]
    number = str(_flwr(words, environment).get("run-id", ""))

    def ended() -> str:
        runs: Any = _flwr(["list", NAME, "--run-id", number], environment).get("runs") or [{}]
        status = str(runs[0].get("status", ""))
        return f"Flower's run ended: {status}" if status.startswith("finished") else ""

    try:
        _wait(task, ended, ASK_EVERY_S, report)
    except BaseException:
        with suppress(StageError):
            _flwr(["stop", number, NAME], environment)
        raise


def _wait(task: Task, ended: Callable[[], str], every_s: float, report: Reporter) -> None:
    """Pass on how far it is, until the last round.

    Args:
        ended: what to say of the engine's end; empty: it runs.
        every_s: how often that is asked, where nothing moves.
    """
    folder, asked, before = Path(task.folder), time.monotonic(), -1

    def moved() -> bool:
        nonlocal before, asked
        known = told(folder)
        if known and known.round != before:
            before, asked = known.round, time.monotonic()
            report(_progress(known))
        return before >= task.federated.rounds

    while not moved():
        fault = folder / FAULT
        if fault.exists():
            raise StageError(fault.read_text("utf-8")[:MOST_WORDS])
        if time.monotonic() - asked >= every_s:
            asked = time.monotonic()
            if (said := ended()) and not moved():
                told_why = fault.read_text("utf-8")[:MOST_WORDS] if fault.exists() else said
                raise StageError(told_why)
        time.sleep(LOOK_EVERY_S)


def _progress(known: Standing) -> Progress:
    last = known.history[-1] if known.history else {}
    said = [f"loss {last['loss']:.3f}"] if "loss" in last else []
    if "ndcg@10" in known.validation:
        said.append(f"ndcg@10 {known.validation['ndcg@10']:.4f}")
    text = "  ".join(["rounds", *said])
    return Progress(done=known.round, total=known.rounds, text=text)


def _flwr(words: list[str], environment: Mapping[str, str]) -> dict[str, object]:
    """One of Flower's commands, and what it answers in JSON."""
    try:
        done = subprocess.run(
            ["flwr", *words, "--format", "json"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=ANSWER_WITHIN_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StageError(f"flwr {words[0]} does not answer: {error}") from error
    text = done.stdout[done.stdout.find("{") :] if "{" in done.stdout else ""
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    if not isinstance(said, dict) or not said.get("success", bool(said)):
        last = " ".join((done.stdout + done.stderr).split())[-500:]
        raise StageError(f"flwr {words[0]} failed: {last}")
    return said
