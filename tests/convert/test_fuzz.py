"""Damaged and hostile .tflite files, drawn by a seed: each is read or refused in one line, within a
bound on memory and processor time. No such file is ever given to the runtime here.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import msgspec
import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from rbench.convert.census import take_census
from rbench.convert.inventory import take_inventory
from rbench.errors import ModelError
from rbench.profile.strangers import entry_of, inputs_of, way_into
from rbench.testing import strange
from rbench.testing.flat import recommender
from rbench.tflite import external_files

TABLE = np.random.default_rng(1).normal(size=(20, 2)).astype(np.float32)
SOUND = (
    recommender(TABLE, scheme="float32"),
    recommender(TABLE, scheme="static"),
    strange.two_ways(3, 5, 4),
    strange.summing((1, 4), signature=(-1, 4)),
    strange.elsewhere(4, 4),
    strange.variable(),
)
FEW, MANY = 400, 3_000
ROOM = 64
"""Bytes of Python objects for each byte of the file, and a little for what is always there."""
HOSTILE = (0, 1, 2, 4, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF)


def damaged(number: int) -> bytes:
    """The file of that number."""
    draw = np.random.default_rng(number)
    content = bytearray(SOUND[number % len(SOUND)])
    for _ in range(int(draw.integers(1, 6))):
        at = int(draw.integers(8, len(content) - 4))
        kind = draw.integers(6)
        if kind == 0:
            content[at] ^= 1 << int(draw.integers(8))
        elif kind == 1:
            content[at] = int(draw.integers(256))
        elif kind == 2:  # an offset, a length or a number, on its place
            struct.pack_into("<I", content, at & ~3, int(draw.choice(HOSTILE)))
        elif kind == 3:  # an offset to anywhere in the file
            struct.pack_into("<I", content, at & ~3, int(draw.integers(0, len(content))))
        elif kind == 4:  # a part of the file over another
            size = int(draw.integers(4, 64))
            start = int(draw.integers(0, len(content)))
            part = content[start : start + size]
            content[at : at + len(part)] = part
        elif len(content) > 200:
            del content[int(draw.integers(100, len(content))) :]
    return bytes(content)


def look(content: bytes, path: Path) -> bool:
    """All that a command asks of a file before a runtime is started; whether it was read."""
    path.write_bytes(content)
    read = 0
    for ask in (
        lambda: msgspec.json.encode(take_inventory(content)),
        lambda: take_census(content),
        lambda: external_files(path),
        lambda: entry_of(path),
        lambda: inputs_of(path, {}, graph=way_into(path).graph),
    ):
        try:
            ask()
            read += 1
        except ModelError as error:
            if "\n" in str(error):
                raise AssertionError(f"more than one line: {error}") from error
    return read > 0


def test_whatever_is_damaged_is_read_or_refused(tmp_path) -> None:
    found = [look(damaged(number), tmp_path / "m.tflite") for number in range(FEW)]
    assert 0 < sum(found) < FEW, "some are read, some are refused"


def test_memory_is_bounded_by_the_size(tmp_path) -> None:
    look(SOUND[0], tmp_path / "m.tflite")  # what is imported and kept
    for number in range(FEW, FEW + 60):
        content = damaged(number)
        tracemalloc.start()
        look(content, tmp_path / "m.tflite")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < ROOM * len(content) + 2_000_000, number


def test_the_same_number_is_the_same_file() -> None:
    assert damaged(7) == damaged(7) != damaged(13)
    assert len({damaged(number) for number in range(60)}) > 50


CHILD = """
import importlib.util, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_CPU, (900, 900))
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
spec = importlib.util.spec_from_file_location("fuzz", sys.argv[1])
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)
read = sum(fuzz.look(fuzz.damaged(n), Path(sys.argv[2])) for n in range(int(sys.argv[3])))
# Of this program alone: what getrusage tells begins with the process that started it.
(most,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(read, int(most.split()[1]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_thousands(tmp_path) -> None:
    """In a process with limits on its processor time and its memory, which it must not meet."""
    words = (__file__, tmp_path / "m.tflite", MANY)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read, megabytes = map(int, done.stdout.split())
    assert 0 < read < MANY
    assert megabytes < 400
