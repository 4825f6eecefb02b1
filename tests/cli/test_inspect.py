"""`rbench inspect`: any .tflite in full, and one clear line for what is none."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="reading a .tflite needs rbench[profile]")

from backports import zstd

from rbench.cells.target import Target
from rbench.cli import inspect
from rbench.convert.inventory import take_inventory
from rbench.errors import ModelError, StageError, Unsupported
from rbench.profile import node_census
from rbench.profile.tools.litert import nodes
from rbench.progress import Progress
from rbench.testing import strange as strangers
from rbench.testing.flat import FlatGraph, Quantized, recommender
from rbench.testing.whole import rewritten

NEVER = ("tensorflow", "tf_keras", "pandas", "plotly")
TABLE = np.random.default_rng(1).normal(size=(300, 16)).astype(np.float32)
FUZZED = 200
COMMANDS = 12
"""Of those, given to the command."""


@pytest.fixture
def ours(tmp_path):
    path = tmp_path / "ours.tflite"
    path.write_bytes(rewritten(recommender(TABLE, scheme="dynamic"))[0])
    return path


@pytest.fixture
def strange(tmp_path):
    """An operator that no runtime of ours knows."""
    graph = FlatGraph()
    source, result = graph.tensor((1, 4)), graph.tensor((1, 4))
    graph.op("ADD", (source, source), (result,), "AddOptions", 1)
    code, operator = graph.model.operatorCodes[0], graph.graph.operators[0]
    code.builtinCode = code.deprecatedBuiltinCode = graph.schema.BuiltinOperator.CUSTOM
    code.customCode = "TheirOwn"
    operator.builtinOptionsType, operator.builtinOptions = 0, None
    path = tmp_path / "strange.tflite"
    path.write_bytes(graph.finish("serve", {"x": source}, {"y": result}))
    return path


@pytest.fixture
def unloaded(monkeypatch):
    """No runtime is asked what it makes of a file, which takes processes of their own."""

    def refused(path, delegate):
        raise StageError(f"{inspect.REFUSED}: not asked", where=str(path))

    monkeypatch.setattr(nodes, "nodes_taken", refused)


@pytest.mark.slow
def test_the_document_holds_it_all(rbench, ours) -> None:
    found = json.loads(rbench("inspect", ours, "--json", without=NEVER, check=0).stdout)
    assert found["path"] == str(ours)
    assert found["size_bytes"] == ours.stat().st_size
    assert found["zstd_bytes"] == len(zstd.compress(ours.read_bytes(), 19))
    assert found["ops"]["TOPK_V2"] == 1
    assert found["item_table"] == {"shared": True, "buffers": 1}
    assert found["constants"][0]["size_bytes"] == TABLE.size
    assert found["constants"][0]["tensors"] == 2
    assert found["stored_twice"] == {"buffers": 0, "bytes": 0}
    assert found["macs"] == TABLE.size
    assert found["delegation"]["cpu"]["nodes_total"] == sum(found["ops"].values())
    taken = found["delegation"]["xnnpack"]
    left = sum(taken["left_behind"].values())
    assert 0 < taken["nodes_delegated"] == taken["nodes_total"] - left


@pytest.mark.slow
def test_the_tables_say_it_to_people(rbench, ours) -> None:
    said = rbench("inspect", ours, without=NEVER, check=0).stdout
    for words in (
        "one buffer for lookup and scoring",
        "300 x 16",
        "FULLY_CONNECTED",
        "signature recommend",
        "context: INT32 [1, 6]",
        f"{TABLE.size:,} multiply-accumulates",
        "XNNPACK",
        " nodes",
        " after zstd",
    ):
        assert words in said


@pytest.mark.slow
def test_a_strangers_operator_is_shown_and_the_runtimes_refusal_too(rbench, strange) -> None:
    done = rbench("inspect", strange, check=0)
    assert "CUSTOM" in done.stdout
    assert "the runtime refuses the file" in done.stdout
    assert "not counted" in done.stdout
    found = json.loads(rbench("inspect", strange, "--json", check=0).stdout)
    assert "refused" in found["delegation"]["cpu"]
    assert found["item_table"]["buffers"] == 0


def test_each_signature_has_a_query_of_its_own(rbench, unloaded, tmp_path) -> None:
    path = tmp_path / "two.tflite"
    path.write_bytes(strangers.two_ways(4, 6, 10))
    said = rbench("inspect", path, check=0).stdout
    assert "a query of one, estimated  40 multiply-accumulates" in said
    assert "a query of two, estimated  60 multiply-accumulates" in said
    assert "100 multiply-accumulates" not in said
    found = json.loads(rbench("inspect", path, "--json", check=0).stdout)
    assert found["signatures"]["two"]["macs"] == 60


@pytest.mark.slow
def test_old_files_are_shown_with_the_runtimes_refusal_beside(rbench, tmp_path) -> None:
    path = tmp_path / "old.tflite"
    path.write_bytes(strangers.summing(version=2))
    said = rbench("inspect", path, check=0).stdout
    assert "(schema 2)" in said
    assert "x: FLOAT32 [1, 4]" in said
    assert "the runtime refuses the file: Model provided is schema version 2" in said


@pytest.mark.slow
def test_what_the_runtime_refuses_is_shown_all_the_same(rbench, tmp_path) -> None:
    """Scales by an axis that is not there: sound to a reader, not to the runtime."""
    graph = FlatGraph()
    source = graph.tensor((1, 4), "INT8", quantized=Quantized([0.1] * 4, [0] * 4))
    graph.graph.tensors[source].quantization.quantizedDimension = 3
    result = graph.tensor((1, 4), "INT8", quantized=Quantized([0.1], [0]))
    graph.op("ADD", (source, source), (result,), "AddOptions", 1)
    path = tmp_path / "odd.tflite"
    path.write_bytes(graph.finish("serve", {"x": source}, {"y": result}))
    said = rbench("inspect", path, check=0).stdout
    assert "x: INT8 [1, 4]" in said
    assert "the runtime refuses the file: quantized_dimension must be in range" in said


def test_a_file_that_crashes_the_runtime_is_one_line(rbench, ours, monkeypatch, tmp_path) -> None:
    def died(path, delegate):
        raise StageError("the runtime died of SIGSEGV and said nothing", where=str(path))

    monkeypatch.setattr(nodes, "nodes_taken", died)
    with pytest.raises(ModelError, match="the runtime died of SIGSEGV") as caught:
        inspect.command.main([str(ours)], standalone_mode=False)
    assert caught.value.exit_code == 2


def test_weights_in_another_file_are_named(rbench, unloaded, tmp_path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(strangers.elsewhere())
    words = "in weights.bin (missing), not counted here"
    assert words in rbench("inspect", path, check=0).stdout
    (tmp_path / "weights.bin").write_bytes(bytes(100))
    words = "in weights.bin (100 bytes, too short: 25,600 are due), not counted here"
    assert words in rbench("inspect", path, check=0).stdout
    (tmp_path / "weights.bin").write_bytes(bytes(25600))
    found = json.loads(rbench("inspect", path, "--json", check=0).stdout)
    assert found["external"] == [
        {"name": "weights.bin", "needs_bytes": 25600, "size_bytes": 25600, "missing": False}
    ]


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(), None, (0, 4)])
def test_any_sound_shape_is_shown(rbench, tmp_path, shape) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(strangers.summing(shape, "INT32"))
    assert "loads, 1 nodes" in rbench("inspect", path, check=0).stdout


def test_how_far_it_is_goes_to_a_terminal_only(rbench, unloaded, ours, monkeypatch, capsys) -> None:
    assert rbench("inspect", ours, check=0).stderr == ""
    monkeypatch.setenv("FORCE_COLOR", "1")  # what makes rich take a file for a terminal
    monkeypatch.setenv("COLUMNS", "300")  # long paths, in one line
    with inspect._said(ours) as report:
        report(Progress(done=1, total=4, text="compressing"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "ours.tflite" in err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no .tflite"),
        (b"PK\x03\x04 a zip of some kind", "no .tflite"),
        (b"\x08\x00\x00\x00TFL3", "no sound .tflite"),
        (None, "no sound .tflite"),
    ],
)
def test_what_is_no_sound_file_is_one_line(rbench, ours, tmp_path, content, words) -> None:
    path = tmp_path / "bad.tflite"
    path.write_bytes(ours.read_bytes()[:3000] if content is None else content)
    for options in ((), ("--json",)):
        done = rbench("inspect", path, *options, check=2)
        assert done.stdout == ""
        assert done.stderr.startswith(f"rbench: {path}: {words}")
        assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_one_line(rbench, tmp_path) -> None:
    path = tmp_path / "none.tflite"
    done = rbench("inspect", path, check=2)
    assert done.stderr == f"rbench: {path}: cannot be read: no such file or directory\n"
    assert "is a directory" in rbench("inspect", tmp_path, check=2).stderr


@pytest.mark.slow
def test_without_the_runtime_it_says_what_to_install(rbench, ours) -> None:
    done = rbench("inspect", ours, without=("ai_edge_litert",), check=2)
    assert "pip install 'rbench[profile]'" in done.stderr


def flipped(content: bytes, number: int) -> bytes:
    random = np.random.default_rng(number)
    changed = bytearray(content)
    for _ in range(int(random.integers(1, 5))):
        changed[int(random.integers(8, len(changed)))] ^= 1 << int(random.integers(8))
    return bytes(changed)


@pytest.fixture(scope="module")
def structure():
    """A file that is nearly all structure, so that a flipped bit hits some."""
    return rewritten(recommender(TABLE[:20, :2], scheme="static"))[0]


LOADER = """
import os, signal, sys
from pathlib import Path
import ai_edge_litert.interpreter
from rbench.profile.tools.litert import delegation
from rbench.profile.tools.litert.nodes import Question
from rbench.profile.tools.litert.nodes_child import load

for path in sorted(Path(sys.argv[1]).iterdir()):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        found = load(Question(model=str(path), delegate="xnnpack", parent=os.getppid()))
        os._exit(0 if found.delegation else 3)
    print(path.name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Loads every file of a folder as `rbench inspect` does, each in a process of its own; what they
have in common, the imports, is done once."""


@pytest.fixture(scope="module")
def fuzzed(structure, tmp_path_factory):
    """File -> how the process that loaded it ended: 0, 3 for a refusal, or minus a signal."""
    folder = tmp_path_factory.mktemp("fuzzed")
    for number in range(FUZZED):
        (folder / f"{number:03}.tflite").write_bytes(flipped(structure, number))
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(folder)], capture_output=True, text=True, check=True
    )
    ends = (line.split() for line in done.stdout.splitlines())
    return {folder / name: int(code) for name, code in ends}


@pytest.mark.slow
def test_flipped_bits_kill_nothing_here(fuzzed) -> None:
    assert len(fuzzed) == FUZZED
    assert {0, 3} <= set(fuzzed.values()), "some load, some are refused"
    for path in fuzzed:
        with suppress(ModelError):  # any other error would be a traceback before a user
            take_inventory(path.read_bytes())


@pytest.mark.slow
def test_flipped_bits_end_in_a_table_or_a_line(rbench, fuzzed) -> None:
    """Of the command itself: first those that crash the runtime, if any do."""
    for path in sorted(fuzzed, key=lambda path: (fuzzed[path] >= 0, path))[:COMMANDS]:
        done = rbench("inspect", path)
        assert done.returncode in (0, 2), done.stderr
        assert "Traceback" not in done.stderr
        assert (done.returncode == 2) == (not done.stdout)


@pytest.mark.parametrize(("remedy", "says"), [("", "not here"), ("get one", "not here; get one")])
def test_what_a_delegate_cannot_do_is_said_with_its_remedy_if_there_is_one(
    monkeypatch, tmp_path, remedy, says
) -> None:
    def unsupported(path, delegate):
        raise Unsupported("not here", where=str(path), remedy=remedy)

    monkeypatch.setattr(nodes, "nodes_taken", unsupported)
    assert inspect._load(tmp_path, Target.parse("gpu")) == says


def test_tools_that_count_are_asked_beside_the_implied_one(monkeypatch):
    """Each under the name of its target; a variant tells what the other one does."""
    targets = list(map(str, node_census.loaded()))
    assert targets == ["cpu", "xnnpack", "gpu"]
    more = [Target("xnnpack"), Target("engine", tool="theirs")]
    monkeypatch.setattr(node_census, "counted", lambda: iter(more))
    assert list(map(str, node_census.loaded())) == [*targets, "theirs/engine"]
    assert list(map(inspect._title, node_census.loaded())) == [
        *("plain kernels", "XNNPACK", "GPU", "theirs/engine"),
    ]
