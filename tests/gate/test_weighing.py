"""Weighing files: regular ones only, in pieces, with the weights that lie beside them."""

import gzip
import os
import resource
import subprocess
import sys

import pytest

from rbench.gate.opening import NoFileError, gzip_bytes, opened, sha256_of
from rbench.gate.weighing import weigh
from rbench.testing.model_file import model_of


def test_a_model_weighs_what_the_file_system_says(tmp_path):
    path = tmp_path / "a.tflite"
    path.write_bytes(model_of(1000, b"ab"))
    assert weigh(path).size_bytes == 1000
    assert weigh(path).gzip_bytes() == len(gzip.compress(path.read_bytes(), 9, mtime=0))
    assert weigh(path).notes == ()


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**21 + 7])
def test_gzip_in_pieces_is_gzip(tmp_path, size):
    path = tmp_path / "a"
    path.write_bytes(os.urandom(size // 2) + bytes(size - size // 2))
    assert gzip_bytes(path) == len(gzip.compress(path.read_bytes(), 9, mtime=0))


def test_weights_in_other_files_are_counted_once(external, tmp_path):
    path = tmp_path / "a.tflite"
    path.write_bytes(external((1, 0, 0, 600), (2, 1, 0, 9), names=("w/b.bin", "w/./b.bin")))
    assert weigh(path).complaint == "has weights in w/b.bin, which is missing"
    (tmp_path / "w").mkdir()
    (tmp_path / "w/b.bin").write_bytes(bytes(599))
    assert "up to byte 600, which has 599 bytes: it is torn" in weigh(path).complaint
    (tmp_path / "w/b.bin").write_bytes(bytes(1000))
    found = weigh(path)
    assert found.size_bytes == path.stat().st_size + 1000
    assert found.gzip_bytes() > gzip_bytes(path)
    assert found.notes == (f"{path}: its weights in w/b.bin are counted",)


@pytest.mark.parametrize("name", ["", "/etc/hostname", "../w", "a/../../w", "a\\b"])
def test_weights_outside_are_not_looked_for(external, tmp_path, name):
    path = tmp_path / "a.tflite"
    path.write_bytes(external((1, 0, 0, 4), names=(name,)))
    assert "which is not in its folder" in weigh(path).complaint


def test_what_is_no_file_is_named_and_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    said = {}
    for name in ("pipe", "folder", "dangling", "loop", "none", "\0", "n" * 5000, "/dev/null"):
        with pytest.raises(NoFileError) as caught:
            opened(tmp_path / name)
        said[name] = str(caught.value)
        assert weigh(tmp_path / name).complaint == said[name]
    assert said["pipe"] == "is a pipe"
    assert said["folder"] == "is a folder"
    assert said["dangling"] == "is a link to nowhere, which is not there"
    assert "symbolic links" in said["loop"]
    assert said["none"] == "is missing"
    assert said["/dev/null"] == "is a device"


def test_a_hash_in_pieces(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with opened(tmp_path / "a") as file:
        assert sha256_of(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_file_of_gigabytes_costs_its_tables(tmp_path):
    """2.3 GB, of which the file system holds a few blocks, in a process that may have 1 GB."""
    path = tmp_path / "large.tflite"
    path.write_bytes(model_of(1000))
    os.truncate(path, 2_300_000_000)
    program = "from rbench.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, "gate", "--model", path, "--max-size", "2GB"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9)),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert "2,300,000,000  2,000,000,000  -300,000,000  bytes" in done.stdout
