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
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(os.environ["ADB_ROOT"])
KIND, _, FROM = os.environ.get("ADB_FAULT", "").partition(":")
SERIAL = os.environ.get("ADB_SERIAL", "PHONE1")
OTHERS = os.environ.get("ADB_OTHERS", "").split()
BREAKS_AFTER_S = 0.5


def number_of_this_command() -> int:
    log = ROOT / "commands"
    with log.open("a") as file:
        file.write(" ".join(sys.argv[1:])[:80].replace("\n", " ") + "\n")
    return len(log.read_text().splitlines())


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


def copy(source: Path, to: Path, shown: str, *, full: bool) -> int:
    if not source.is_file():
        sys.stderr.write(f"adb: error: failed to stat remote object '{shown}': No such file\n")
        return 1
    content = source.read_bytes()
    if full:
        to.write_bytes(content[: len(content) // 2])
        sys.stderr.write(f"adb: error: failed to copy '{shown}': No space left on device\n")
        return 1
    shutil.copyfile(source, to)
    print(f"{shown}: 1 file, {len(content)} bytes")
    return 0


def pump(source: int, to: int) -> None:
    """An old phone's shell has a terminal, which changes line ends."""
    while block := os.read(source, 65536):
        os.write(to, block.replace(b"\n", b"\r\n") if KIND == "crlf" else block)


def shell(script: str, *, breaks: bool) -> int:
    """The remote side is no child of ours in spirit: it has a session of its own, and knows of the
    connection by its standard input alone."""
    remote = subprocess.Popen(
        ["/bin/sh", "-c", there(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PATH": f"{ROOT}/bin:{os.environ['PATH']}"},
        start_new_session=True,
    )
    listeners = [
        threading.Thread(target=pump, args=(stream.fileno(), number), daemon=True)
        for number, stream in ((1, remote.stdout), (2, remote.stderr))
    ]
    for listener in listeners:
        listener.start()

    def forward_the_end() -> None:
        while os.read(0, 65536):
            pass
        remote.stdin.close()

    threading.Thread(target=forward_the_end, daemon=True).start()
    if breaks:
        time.sleep(BREAKS_AFTER_S)
        sys.stderr.write("error: closed\n")
        sys.stderr.flush()
        os._exit(1)
    code = remote.wait()
    for listener in listeners:
        listener.join(5)
    if KIND == "heat" and "tool=$!" in script:
        (ROOT / "state/tenths").write_text("465\n")
        (ROOT / "state/status").write_text("3\n")
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
        return copy(Path(source), Path(there(to)), to, full=full)
    assert word == "pull"
    return copy(Path(there(source)), Path(to), source, full=full)


if __name__ == "__main__":
    sys.exit(main())
