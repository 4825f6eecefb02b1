"""One round of ``benchmark_model`` on a phone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec

from rbench.cells.target import Target
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.profile.tools.android.adb import Adb
from rbench.profile.tools.android.condition import Condition
from rbench.profile.tools.android.phone import Phone
from rbench.profile.tools.android.state import look
from rbench.profile.tools.benchmark_model.run import time_round
from rbench.profile.tools.benchmark_model.tool import find_for_phones
from rbench.records import Machine
from rbench.system import extras, temporary

POLL_S = 5.0
"""How often a warm phone is asked."""


def run(
    settings: ProfileSettings,
    model: Path,
    target: Target,
    contexts: Path,
    number: int,
    folder: Path,
) -> Round:
    """One round on a phone, see `rbench.profile.measure.measure`.

    Raises:
        Unsupported: the tool for phones is not here.
        Away: the phone is not there, or went away.
        StageError: the phone refused, or what the tool says is no measurement.
    """
    where = str(target)
    tool = find_for_phones(where)
    extras.require("profile", f"timing on the target {target}")
    adb = Adb(target.device, where)
    adb.require()
    with _alone(target.device), temporary.folder() as place:
        machine, before, waited_s = cooled(adb, settings)
        phone = Phone(
            adb,
            tool,
            place,
            machine=machine,
            before=before,
            waited_s=waited_s,
            cores=settings.phone_cores,
        )
        try:
            made = time_round(settings, model, target, contexts, number, phone, place)
        except BaseException:
            phone.abandon()
            raise
        phone.leave()
    state = msgspec.to_builtins(phone.course())
    return msgspec.structs.replace(made, machine=machine, state=state)


def cooled(adb: Adb, settings: ProfileSettings) -> tuple[Machine, Condition, float]:
    """Wait until a phone is cool, but not for ever.

    Returns:
        The phone, how it is now, and the seconds waited.

    Raises:
        Away: it does not answer.
    """
    began = time.monotonic()
    asked = 0
    while True:
        machine, now = look(adb)
        waited_s = round(time.monotonic() - began, 1) if asked else 0.0
        asked += 1
        left = settings.cool_down_seconds - (time.monotonic() - began)
        if left <= 0 or not is_hot(now, settings):
            return machine, now, waited_s
        time.sleep(min(POLL_S, left))


def is_hot(now: Condition, settings: ProfileSettings) -> bool:
    """Whether a phone's times would be those of a warm one."""
    warm = now.battery_celsius is not None and now.battery_celsius >= settings.cool_below_celsius
    return warm or bool(now.throttling)


@contextmanager
def _alone(serial: str) -> Iterator[None]:
    """One round at a time on a phone, from this machine: a round clears what it finds there."""
    name = hashlib.sha256(serial.encode()).hexdigest()[:16]
    with filelock.FileLock(temporary.users_folder() / f"rbench-phone-{name}.lock", mode=0o666):
        yield
