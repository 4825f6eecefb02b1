"""adb: which phones are there, and commands to one of them.

adb tells a failed command from a lost phone by words alone, and a remote exit code only since
Android 7. So every command's last word is a line of ours with its exit code: without that line
the connection broke. The local adb runs in a process group of its own and dies with this process.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rbench.errors import Away, Killed, StageError
from rbench.profile.tools.android import server
from rbench.profile.tools.benchmark_model.launch import Said, TooSlow, launch
from rbench.system.guard import PASSING_SIGNALS

SHORT_S = 60.0
"""For a command that should take a moment."""
COPY_S = 600.0
"""For a file on its way, over a slow cable."""
READY = "device"
"""What adb calls a phone that takes commands."""
_END = re.compile(r"^@rbench (\d+)$", re.MULTILINE)
_BREAKS = re.compile(r"\r+\n")
"""Before Android 7 the phone's shell has a terminal, which puts its own before each."""
_LISTED = re.compile(
    r"(?P<serial>\S.*?)\s+(?P<state>device|offline|unauthorized|authorizing|connecting|recovery"
    r"|no permissions|sideload|rescue|bootloader|host|unknown)(?P<facts>(?:[\s;(].*)?)"
)
"""A serial may hold blanks, as mDNS names of equal phones do: ``adb-R5CT-x (2)._adb-tls-…``."""
_LOST = re.compile(
    r"device '.*' not found|no devices|device offline|unauthorized|still (?:authorizing|connecting)"
    r"|error: closed|connection reset|protocol fault|cannot connect to daemon",
    re.IGNORECASE,
)
_STATES = {
    "unauthorized": (
        "has not allowed this computer to debug it",
        "unlock it and accept the question on its screen",
    ),
    "offline": ("does not answer", "unplug it and plug it in again, or: adb reconnect"),
    "no permissions": (
        "may not be opened by this user",
        "see https://developer.android.com/studio/run/device for the udev rules",
    ),
    "recovery": ("is in its recovery system", "restart it"),
    "sideload": ("waits for an update", "restart it"),
    "bootloader": ("is in its boot loader", "restart it"),
}
"""What adb says of a phone that takes no commands -> in words, and what to do."""


class Attached(NamedTuple):
    """A phone as ``adb devices -l`` lists it."""

    serial: str
    state: str
    model: str = ""

    @property
    def trouble(self) -> tuple[str, str]:
        """Why it takes no commands and what to do; empty words where it does."""
        if self.state == READY:
            return "", ""
        return _STATES.get(self.state, (f"is not ready: adb calls it {self.state}", "wait for it"))


def find(where: str = "") -> Path:
    """The adb on the PATH.

    Raises:
        Away: there is none.
    """
    found = shutil.which("adb")
    if found is None:
        raise Away(
            "adb, which speaks with phones, is not on the PATH",
            where=where,
            remedy="install Android's platform tools (Debian: apt install adb)",
        )
    return Path(found)


def attached(where: str = "") -> list[Attached]:
    """The phones that adb knows, in its order.

    Raises:
        Away: adb is not here, or does not answer.
    """
    said = _call(find(where), ("devices", "-l"), SHORT_S, where)
    if said.code:
        raise Away(f"adb cannot list phones: {_last(said.text)}", where=where)
    return read_list(said.text)


def read_list(text: str) -> list[Attached]:
    """What ``adb devices -l`` printed; what is no phone's line is passed over."""
    _, title, rest = text.partition("List of devices attached")
    found = []
    for line in rest.splitlines() if title else ():
        words = line.split()
        if len(words) < 2 or words[0].startswith("*"):
            continue
        known = _LISTED.fullmatch(line.strip())
        serial, state = (known["serial"], known["state"]) if known else words[:2]
        model = re.search(r"\bmodel:(\S+)", known["facts"] if known else line)
        found.append(Attached(serial, state, model[1].replace("_", " ") if model else ""))
    return found


class Adb:
    """Commands to one phone.

    Args:
        serial: as ``adb devices`` lists it.
        where: who asks, for errors.
    """

    def __init__(self, serial: str, where: str) -> None:
        self.serial, self.where = serial, where
        self._adb = find(where)

    def require(self) -> None:
        """Make sure that the phone takes commands.

        Raises:
            Away: it is not there, or does not; the reason says what to do.
        """
        phones = attached(self.where)
        ours = next((phone for phone in phones if phone.serial == self.serial), None)
        if ours is None:
            others = ", ".join(phone.serial for phone in phones)
            raise Away(
                f"no phone {self.serial!r} is attached",
                where=self.where,
                allowed=others,
                remedy="plug it in, with USB debugging switched on",
            )
        trouble, remedy = ours.trouble
        if trouble:
            raise Away(f"the phone {self.serial} {trouble}", where=self.where, remedy=remedy)

    def shell(self, script: str, *, timeout_s: float | None = None, held: bool = False) -> Said:
        """Run lines of POSIX shell on the phone.

        Args:
            timeout_s: by default `SHORT_S`.
            held: give them a standard input that ends when the connection does.

        Raises:
            Away: the connection broke.
            TooSlow: it took too long; on a ``held`` one only, else the phone counts as away.
            Killed: the local adb was killed from outside.
        """
        ended = f'(\n{script}\n)\ncode=$?\necho\necho "@rbench $code"\n'
        timeout_s = SHORT_S if timeout_s is None else timeout_s
        said = self._ask("shell", ended, timeout_s=timeout_s, held=held)
        ends = list(_END.finditer(said.text))
        if not ends or said.code:
            raise self._gone(said)
        last = ends[-1]
        text = said.text[: last.start()] + said.text[last.end() :].removeprefix("\n")
        return Said(text=text, code=int(last[1]))

    def push(self, source: Path, to: str) -> None:
        """Copy a file to the phone.

        Raises:
            StageError: the phone refused it, e.g. with a full disk.
            Away: the connection broke.
        """
        self._copy("push", str(source.absolute()), to)

    def pull(self, source: str, to: Path) -> None:
        """Copy a file from the phone; errors as with `push`."""
        self._copy("pull", source, str(to.absolute()))

    def _copy(self, way: str, source: str, to: str) -> None:
        said = self._ask(way, source, to, timeout_s=COPY_S)
        if not said.code:
            return
        if _LOST.search(said.text) or not self._there():
            raise self._gone(said)
        name = Path(source).name
        raise StageError(f"cannot {way} {name}: {_last(said.text)}", where=self.where)

    def _there(self) -> bool:
        try:
            said = self._ask("get-state", timeout_s=SHORT_S)
        except StageError:
            return False
        return not said.code and said.text.split()[:1] == [READY]

    def _ask(self, *words: str, timeout_s: float, held: bool = False) -> Said:
        words = ("-s", self.serial, *words)
        try:
            return _call(self._adb, words, timeout_s, self.where, held=held)
        except TooSlow:
            if held:
                raise
            raise Away(
                f"the phone {self.serial} did not answer within {timeout_s:g} s", where=self.where
            ) from None

    def _gone(self, said: Said) -> Away:
        return Away(
            f"the phone {self.serial} went away: {_last(said.text)}",
            where=self.where,
            remedy="plug it in again; the next sweep tries again",
        )


def _call(
    adb: Path, words: tuple[str, ...], timeout_s: float, where: str, *, held: bool = False
) -> Said:
    """Run the local adb. It works in a folder that is there for sure, and writes nothing there."""

    def once() -> Said:
        return launch(
            adb,
            words,
            Path(tempfile.gettempdir()),
            timeout_s=timeout_s,
            where=where,
            held=held,
            environment=server.address(),
        )

    _same_version(adb, where)
    said = once()
    if said.code and server.is_missing(said.complaints):
        server.start(adb, where)
        said = once()
    if said.code - 128 in PASSING_SIGNALS:
        raise Killed("adb was killed", where=where)
    text, complaints = (_BREAKS.sub("\n", part) for part in (said.text, said.complaints))
    return Said(text=text, code=said.code, complaints=complaints)


@cache
def _version(adb: Path) -> int | None:
    """The last part of the client's version, which a server's must be equal to. None: not told, as
    where a script stands before adb, which knows its server.
    """
    try:
        with adb.open("rb") as file:
            if file.read(2) == b"#!":
                return None
    except OSError:
        return None
    folder = Path(tempfile.gettempdir())
    said = launch(adb, ("version",), folder, timeout_s=SHORT_S, where="").text
    found = re.search(r"Android Debug Bridge version \d+\.\d+\.(\d+)", said)
    return int(found[1]) if found else None


def _same_version(adb: Path, where: str) -> None:
    """adb would end a server of another version, whoever needs it."""
    theirs = server.running_version()
    ours = _version(adb) if theirs is not None else None
    if theirs is not None and ours is not None and theirs != ours:
        raise Away(
            f"a server of another adb runs: version {theirs}, and {adb} is version {ours}",
            where=where,
            remedy="put that adb first on the PATH, or end its server: adb kill-server",
        )


def _last(text: str) -> str:
    """adb's own complaint, which may stand behind half a line of the phone's; or the last line."""
    complaints = re.findall(r"(?:adb: )?error: .*", text)
    if complaints:
        return str(complaints[-1]).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "adb said nothing"
