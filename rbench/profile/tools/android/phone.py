"""A phone as the seat of the tool.

Each round has a folder of its own below ``/data/local/tmp`` and takes it away again. Where the
connection breaks, or this process is killed, the phone does so itself: the script that runs the
tool there listens to a stream that ends with the connection. Should that fail too (a restart),
the next round on the phone begins by clearing up.
"""

from __future__ import annotations

import contextlib
import shlex
import uuid
from pathlib import Path

from rbench.errors import StageError
from rbench.profile.result import Surroundings
from rbench.profile.tools.android.adb import Adb
from rbench.profile.tools.android.condition import Condition, Course
from rbench.profile.tools.android.state import look
from rbench.profile.tools.benchmark_model import command
from rbench.profile.tools.benchmark_model.launch import Said
from rbench.profile.tools.benchmark_model.tool import build_hash
from rbench.records import Machine

BELOW = "/data/local/tmp"
PREFIX = "rbench-"
TOOL, PID = "benchmark_model", "pid"
RESULTS = (command.RESULT, command.OPS, command.INFO)
SPARE_S = 30.0
"""Beyond the round's own limit, for the connection."""
ABANDON_S = 10.0
"""For clearing up after a fault, on a phone that may not answer any more."""

_CLEAR = f"""\
for left in {BELOW}/{PREFIX}*; do
  [ -d "$left" ] || continue
  pid=$(cat "$left/{PID}" 2>/dev/null)
  case "$(readlink "/proc/$pid/cwd" 2>/dev/null)" in "$left"*) kill -KILL "$pid";; esac
  rm -rf "$left"
done
"""
_RUN = """\
cd {folder} || exit 1
exec 3<&0
{line} </dev/null 3<&- &
tool=$!
echo $tool >{pid}
{{ read -r word; kill -KILL $tool; cd /; rm -rf {folder}; }} <&3 >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait $tool
code=$?
[ $code = 137 ] || kill -KILL $guard 2>/dev/null
exit $code
"""
"""The tool, and a guard that ends it and clears up when the connection ends. A tool that was killed
(128 + 9) may have been killed by the guard, which then is not done yet."""


class Phone:
    """The tool on a phone, in a folder of its own there.

    Args:
        adb: speaks with the phone.
        tool: the executable for the phone, here.
        place: local folder: values go from it, results come to it.
        machine, before, waited_s: the phone, how it was, and how long it was left to cool.
        cores: the tool is held to them; empty: the phone chooses.
    """

    def __init__(
        self,
        adb: Adb,
        tool: Path,
        place: Path,
        *,
        machine: Machine,
        before: Condition,
        waited_s: float,
        cores: tuple[int, ...],
    ) -> None:
        self.sha256 = build_hash(tool)
        self._adb, self._tool, self._place = adb, tool, place
        self._machine, self._before, self._waited_s = machine, before, waited_s
        self._cores = cores
        self._after = Condition()
        self._folder = f"{BELOW}/{PREFIX}{uuid.uuid4().hex[:16]}"

    def settle(self, model: Path) -> str:
        clear(self._adb)
        self._must(f"mkdir {self._folder}", "cannot make a folder")
        self._adb.push(self._tool, f"{self._folder}/{TOOL}")
        self._adb.push(model.resolve(), f"{self._folder}/{command.MODEL}")
        self._adb.push(self._place / command.VALUES, f"{self._folder}/{command.VALUES}")
        self._must(f"chmod 755 {self._folder}/{TOOL}", "cannot make the tool executable")
        return command.MODEL

    def launch(self, flags: tuple[str, ...], timeout_s: float) -> Said:
        words = (f"./{TOOL}", *flags)
        if self._cores:
            words = ("taskset", mask(self._cores), *words)
        script = _RUN.format(folder=self._folder, line=shlex.join(words), pid=PID)
        said = self._adb.shell(script, timeout_s=timeout_s + SPARE_S, held=True)
        there = self._adb.shell(f"ls {self._folder}").text.split()
        for name in RESULTS:
            if name in there:
                self._adb.pull(f"{self._folder}/{name}", self._place / name)
        return said

    def surroundings(self) -> Surroundings:
        """What else a phone does it does not tell; how warm it became is read here."""
        _, self._after = look(self._adb)
        return Surroundings(cores=len(self._cores) or self._machine.cores)

    def course(self) -> Course:
        """How the phone was during the round."""
        return Course(
            before=self._before,
            after=self._after,
            waited_s=self._waited_s,
            cores=mask(self._cores),
        )

    def leave(self) -> None:
        """Take away all that was brought.

        Raises:
            StageError: something may be left; the next round on the phone takes it away.
        """
        clear(self._adb)

    def abandon(self) -> None:
        """The same after a fault: one more fault changes nothing."""
        with contextlib.suppress(StageError):
            clear(self._adb, timeout_s=ABANDON_S)

    def _must(self, line: str, what: str) -> None:
        said = self._adb.shell(line)
        if said.code:
            raise StageError(f"{what} on the phone: {said.text.strip()}", where=self._adb.where)


def clear(adb: Adb, timeout_s: float | None = None) -> None:
    """Take away what rounds left on a phone, and end what still runs there.

    Raises:
        StageError: it could not be.
    """
    said = adb.shell(f"{_CLEAR}\nls -d {BELOW}/{PREFIX}* 2>/dev/null\nexit 0", timeout_s=timeout_s)
    if said.text.strip():
        raise StageError(f"cannot clear the phone: {said.text.strip()}", where=adb.where)


def mask(cores: tuple[int, ...]) -> str:
    """Cores as ``taskset`` takes them, in hexadecimal: (4, 5, 6, 7) -> ``f0``."""
    return f"{sum(1 << core for core in set(cores)):x}" if cores else ""
