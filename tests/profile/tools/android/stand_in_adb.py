"""Stands in for adb and for the phone behind it: does what it is told in a local folder.

Only tests start it, through an executable on the PATH. ``ADB_ROOT`` is the phone's root: its paths
below ``/data/local/tmp`` and ``/sys`` lie there, and its programs in ``bin``. ``ADB_FAULT`` is
``KIND`` or ``KIND:N``, from the Nth command on (from 1):

    drop          the connection breaks, half a second into a running command, and stays away
    hang          nothing is answered
    full          the disk is full after half a file
    heat          the phone overheats while the tool runs
    crlf          its shell has a terminal
    absent, unauthorized, offline      what the list of phones says

A round starts it some twenty times, so it imports next to nothing.
"""

# ruff: noqa: PTH113, PTH123 - pathlib costs more than all that is done here

import os
import select
import sys
import time

ROOT = os.environ["ADB_ROOT"]
KIND, _, FROM = os.environ.get("ADB_FAULT", "").partition(":")
SERIAL = os.environ.get("ADB_SERIAL", "PHONE1")
OTHERS = os.environ.get("ADB_OTHERS", "").split()
BREAKS_AFTER_S = 0.5
LINGERS_S = 5.0
"""How long output is still awaited that a finished command's children may write."""


def number_of_this_command() -> int:
    with open(f"{ROOT}/commands", "a+") as file:
        file.write(" ".join(sys.argv[1:])[:80].replace("\n", " ") + "\n")
        file.seek(0)
        return len(file.read().splitlines())


def there(path: str) -> str:
    return path.replace("/data/local/tmp", f"{ROOT}/data/local/tmp").replace(
        "/sys/", f"{ROOT}/sys/"
    )


def devices() -> int:
    print("* daemon not running; starting now at tcp:5037\nList of devices attached")
    state = {"unauthorized": "unauthorized", "offline": "offline"}.get(KIND, "device")
    if KIND != "absent":
        print(f"{SERIAL:<22} {state} usb:1-1 product:p model:Pixel_7 device:panther transport_id:1")
    for other in OTHERS:
        print(f"{other:<22} device usb:1-2 product:p model:Other transport_id:2")
    print()
    return 0


def lost() -> int:
    sys.stderr.write(f"error: device '{SERIAL}' not found\n")
    return 1


def copy(source: str, to: str, shown: str, *, full: bool) -> int:
    if not os.path.isfile(source):
        sys.stderr.write(f"adb: error: failed to stat remote object '{shown}': No such file\n")
        return 1
    with open(source, "rb") as file:
        content = file.read()
    with open(to, "wb") as file:
        file.write(content[: len(content) // 2] if full else content)
    if full:
        sys.stderr.write(f"adb: error: failed to copy '{shown}': No space left on device\n")
        return 1
    print(f"{shown}: 1 file, {len(content)} bytes")
    return 0


def remote(script: str) -> tuple[int, int, int, int]:
    """Process id, and where its three streams end here. It is no child of ours in spirit: it has a
    session of its own, and knows of the connection by its standard input alone."""
    pipes = [os.pipe() for _ in range(3)]
    theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
    environment = {**os.environ, "PATH": f"{ROOT}/bin:{os.environ['PATH']}"}
    child = os.fork()
    if not child:
        os.setsid()
        os.chdir(ROOT)
        for number, end in enumerate(theirs):
            os.dup2(end, number)
        os.execve("/bin/sh", ["/bin/sh", "-c", there(script)], environment)
    for end in theirs:
        os.close(end)
    return child, pipes[0][1], pipes[1][0], pipes[2][0]


def broken() -> None:
    sys.stderr.write("error: closed\n")
    sys.stderr.flush()
    os._exit(1)


def shell(script: str, *, breaks: bool) -> int:
    child, entry, said, complained = remote(script)
    to = {0: entry, said: 1, complained: 2}
    began, code, ended = time.monotonic(), None, 0.0
    while {said, complained} & set(to):
        for source in select.select(list(to), [], [], 0.1)[0]:
            block = os.read(source, 65536)
            if not block:
                end = to.pop(source)
                if end == entry:
                    os.close(entry)
            elif source != 0:
                # An old phone's shell has a terminal, which changes line ends.
                os.write(to[source], block.replace(b"\n", b"\r\n") if KIND == "crlf" else block)
        if breaks and time.monotonic() > began + BREAKS_AFTER_S:
            broken()
        if code is None and (found := os.waitpid(child, os.WNOHANG))[0]:
            code, ended = os.waitstatus_to_exitcode(found[1]), time.monotonic()
        if code is not None and time.monotonic() > ended + LINGERS_S:
            break
    if breaks:
        time.sleep(max(0.0, began + BREAKS_AFTER_S - time.monotonic()))
        broken()
    if code is None:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if KIND == "heat" and "tool=$!" in script:
        for name, value in (("tenths", "465"), ("status", "3")):
            with open(f"{ROOT}/state/{name}", "w") as file:
                file.write(f"{value}\n")
    return code


def main() -> int:
    number = number_of_this_command()
    at = int(FROM or 1)
    acts = number >= at
    if acts and KIND == "hang":
        time.sleep(600)
    if sys.argv[1:] == ["devices", "-l"]:
        return devices()
    assert sys.argv[1:3] == ["-s", SERIAL], sys.argv
    word, *rest = sys.argv[3:]
    if acts and KIND == "drop" and not (number == at and word == "shell"):
        return lost()
    if word == "get-state":
        print("device")
        return 0
    if word == "shell":
        return shell(rest[0], breaks=acts and KIND == "drop")
    source, to = rest
    full = acts and KIND == "full"
    if word == "push":
        return copy(source, there(to), to, full=full)
    assert word == "pull"
    return copy(there(source), to, source, full=full)


if __name__ == "__main__":
    sys.exit(main())
