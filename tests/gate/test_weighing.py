"""Weighing files: regular ones only, in pieces, with the weights that lie beside them."""

import gzip
import os
import subprocess
import sys

import pytest

from rbench.gate.opening import NoFileError, gzip_bytes, opened
from rbench.gate.weighing import weigh
from rbench.testing.model_file import EMPTY, model_of


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
    assert weigh(path).complaint == "has weights in w/b.bin, which is not there"
    (tmp_path / "w").mkdir()
    (tmp_path / "w/b.bin").write_bytes(bytes(599))
    assert "up to byte 600, which has 599 bytes: it is torn" in weigh(path).complaint
    (tmp_path / "w/b.bin").write_bytes(bytes(1000))
    found = weigh(path)
    assert found.size_bytes == path.stat().st_size + 1000
    assert found.gzip_bytes() > gzip_bytes(path)
    assert found.notes == (f"{path}: its weights in w/b.bin are counted",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "fetch it with `git lfs pull`"),
        (b"../.git/annex/objects/1a/2b/SHA256E-s700--0", "fetch it with `git annex get`"),
        (b"/annex/objects/SHA256E-s700--0\n", "fetch it with `git annex get`"),
        (b"<!DOCTYPE html>\n<html></html>", "it looks like a web page, the identifier TFL3"),
        (b"\r\n <HTML>", "it looks like a web page"),
        (b"PK\x03\x04" + b"\0" * 40, "it looks like a zip archive"),
        (b"\x1f\x8b\x08\0" + b"\0" * 40, "it looks like gzip"),
        (b"\x08\x07\x12\x07pytorch", "is no .tflite: the identifier TFL3 is missing"),  # ONNX
        (bytes(700), "is no .tflite: the identifier TFL3 is missing"),
        (b"\x1c\0\0\0TFL3", "is no sound .tflite"),
        (b"\xff\xff\xff\xffTFL3" + bytes(100), "is no sound .tflite"),
        (model_of(100)[:71], "the file is torn: convert or download it again"),
    ],
)
def test_what_is_no_model_weighs_nothing(tmp_path, content, says):
    (tmp_path / "a.tflite").write_bytes(content)
    assert says in weigh(tmp_path / "a.tflite").complaint


def test_a_file_without_a_graph_is_no_model(tmp_path):
    content = bytearray(EMPTY)
    content[40] = 0  # graphs
    (tmp_path / "a.tflite").write_bytes(content)
    assert weigh(tmp_path / "a.tflite").complaint == "is no .tflite: it has no graph"


def test_the_schema_s_own_reader_reads_the_smallest_file():
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(EMPTY, 0)
    assert (model.version, len(model.subgraphs), len(model.buffers)) == (3, 1, 1)


@pytest.mark.parametrize(
    ("part", "uses", "says"),
    [((1, 7, 0, 4), 1, "IndexError"), ((1, 0, 0, 4), 2, "does not say in which")],
)
def test_weights_that_cannot_be_found(external, tmp_path, part, uses, says):
    (tmp_path / "a.tflite").write_bytes(external(part, uses=uses))
    assert says in weigh(tmp_path / "a.tflite").complaint


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
    (tmp_path / "ill").symlink_to("/proc/self/mem")  # a file, by all that the system says of it
    if (tmp_path / "ill").exists():
        assert weigh(tmp_path / "ill").complaint == "cannot be read: Input/output error"
    assert said["dangling"] == "is a link to nowhere, which is not there"
    assert "symbolic links" in said["loop"]
    assert said["none"] == "is missing"
    assert said["/dev/null"] == "is a device"


def test_a_file_of_gigabytes_costs_its_tables(tmp_path):
    """2.3 GB, of which the file system holds a few blocks, in a process that holds far less."""
    path = tmp_path / "large.tflite"
    path.write_bytes(model_of(1000))
    os.truncate(path, 2_300_000_000)
    program = (
        "import atexit, resource, sys\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "atexit.register(lambda: print(peak(), file=sys.stderr))\n"
        "from rbench.cli import main\n"
        "main()\n"
    )
    # A program inherits the peak of the process that starts it; the shell between has none.
    between = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]
    command = ["gate", "--model", path, "--max-size", "2GB"]
    done = subprocess.run(
        [*between, sys.executable, "-P", "-c", program, *command],
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert int(done.stderr) < 300_000  # kilobytes
    assert "2,300,000,000  2,000,000,000  -300,000,000  bytes" in done.stdout
