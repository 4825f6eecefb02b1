"""XNNPACK with its weight cache: that it has one, answers as without, and what it refuses."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="timing needs rbench[profile]")

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import StageError, Unsupported
from rbench.profile.tools.litert.nodes import nodes_taken

pytestmark = pytest.mark.slow

CACHED = Target("xnnpack_cached")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

OPEN_FILES = """
import os
from pathlib import Path
from rbench.profile.tools.litert import compiled
model = compiled.load_cached({path!r}, threads=1)
for file in Path("/proc/self/fd").iterdir():
    try:
        print(os.readlink(file))
    except OSError:
        pass
"""
ANSWERS = """
import numpy as np
from rbench.profile.tools.litert import compiled
model = compiled.load_cached({path!r}, threads=1)
(key, ends), *_ = model.get_signature_list().items()
entries, exits = model.create_input_buffers(0), model.create_output_buffers(0)
number = ends["outputs"].index("items")
for context in np.load({contexts!r}):
    entries[0].write(context[None])
    model.run_by_index(0, entries, exits)
    print(*exits[number].read(10, np.int32))
"""
NO_MEMORY = """
from rbench.profile import refusal
from rbench.profile.tools.litert import compiled
compiled.IN_MEMORY = "/no/such/folder/cache"
try:
    compiled.load_cached({path!r}, threads=1)
except refusal.UnsupportedError as error:
    print(error)
"""


def answered(program: str, tmp_path, **values: object) -> str:
    """What a program prints; its standard error is a file, as the timing process's is."""
    code = program.format(**{name: str(value) for name, value in values.items()})
    with (tmp_path / "errors").open("w+b") as errors:
        run = [sys.executable, "-c", code]
        done = subprocess.run(run, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
        errors.seek(0)
        assert done.returncode == 0, errors.read().decode(errors="replace")
    return done.stdout


@linux
def test_there_is_a_cache_in_memory(model, tmp_path):
    files = answered(OPEN_FILES, tmp_path, path=model("recommender"))
    assert "XNNPack in-memory weight cache" in files


def test_answers_are_those_without_a_cache(model, contexts, tmp_path):
    path = model("recommender")
    said = answered(ANSWERS, tmp_path, path=path, contexts=contexts)
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner("recommend")
    expected = [run(context=context[None])["items"][0] for context in np.load(contexts)]
    assert [line.split() for line in said.splitlines()] == [[str(i) for i in x] for x in expected]


def test_a_cache_that_cannot_be_is_not_passed_over(model, tmp_path):
    said = answered(NO_MEMORY, tmp_path, path=model("recommender"))
    assert "cannot keep a weight cache" in said


def test_a_round_tells_how_it_ran(model, contexts, quick, tmp_path):
    made = profile.measure(quick, model("recommender"), CACHED, contexts, 0, tmp_path)
    assert made.delegation == nodes_taken(model("recommender"), "xnnpack")
    assert made.runtime.endswith(", CompiledModel")
    assert made.instances == quick.instances
    assert made.ops_us["TOPK_V2"] > 0


def test_a_state_that_survives_a_run_is_unsupported(model, contexts, quick, tmp_path):
    with pytest.raises(Unsupported, match=r"unrolled form.*ai-edge-litert"):
        profile.measure(quick, model("stateful"), CACHED, contexts, 0, tmp_path)


def test_a_state_is_unsupported_on_a_gpu_too(software_gpu, model, contexts, quick, tmp_path):
    with pytest.raises(Unsupported, match="Variable tensors"):
        profile.measure(quick, model("stateful"), Target("gpu"), contexts, 0, tmp_path)


def test_nothing_taken_is_a_silent_fallback_here_too(model, contexts, quick, tmp_path):
    with pytest.raises(StageError, match="XNNPACK took 0 of 2 nodes"):
        profile.measure(quick, model("lookup_only"), CACHED, contexts, 0, tmp_path)


def astray(model):
    """A file with an offset, of the name of its signature, to 4 GiB behind its end."""
    content = bytearray(model("recommender").read_bytes())
    place = content.index(len(b"recommend").to_bytes(4, "little") + b"recommend\0")
    offsets = range(0, len(content) - 3, 4)
    leads = [at for at in offsets if at + int.from_bytes(content[at : at + 4], "little") == place]
    for at in leads:
        content[at : at + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    assert leads
    path = model("recommender")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("target", ["cpu", "xnnpack", "xnnpack_cached", "gpu"])
def test_a_file_whose_offsets_lead_out_of_it_is_followed_nowhere(
    model, contexts, quick, tmp_path, target
):
    """CompiledModel takes gigabytes on the way and dies; the interpreter looks first."""
    path, refused = astray(model), "refuse[sd] the file: The model is not a valid Flatbuffer"
    with pytest.raises(StageError, match=refused):
        nodes_taken(path, target)
    with pytest.raises(StageError, match=refused):
        profile.measure(quick, path, Target(target), contexts, 0, tmp_path)


@pytest.mark.parametrize("keep", [0, 40, 600])
def test_a_cut_file_is_a_stage_error(model, contexts, quick, tmp_path, keep):
    path = model("recommender")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StageError, match=str(CACHED)):
        profile.measure(quick, path, CACHED, contexts, 0, tmp_path)


def test_nodes_are_asked_for_with_a_cache_too(model):
    assert nodes_taken(model("recommender"), "xnnpack_cached").delegate == "xnnpack"
    with pytest.raises(Unsupported, match="Variable tensors"):
        nodes_taken(model("stateful"), "xnnpack_cached")


@pytest.mark.parametrize(
    ("ready", "runtime"),
    [
        ("interpreter_child; interpreter_child.WAYS['xnnpack']()", "interpreter"),
        ("interpreter_child; interpreter_child.WAYS['xnnpack_cached']()", "compiled_model"),
        ("gpu_child", "compiled_model"),
    ],
)
def test_importing_the_runtime_is_no_part_of_loading_a_file(ready, runtime, tmp_path):
    program = f"import sys\nfrom rbench.profile.tools.litert import {ready}\n"
    program += f"print('ai_edge_litert.{runtime}' in sys.modules)"
    assert answered(program, tmp_path).strip() == "True"
