"""What the GPU delegate said, read from recordings of it (ai-edge-litert 2.3.0)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.profile.tools.litert import gpu_log

RECORDED = Path(__file__).parents[3] / "recorded" / "litert_wheel"
SWIFTSHADER = "SwiftShader Device (Subzero)"
PARTIAL = {
    "EXPAND_DIMS": 1,
    "GATHER": 1,
    "CONV_2D": 1,
    "RESHAPE": 1,
    "MEAN": 1,
    "FULLY_CONNECTED": 1,
}


def heard(name: str) -> gpu_log.Heard:
    return gpu_log.read((RECORDED / f"{name}.stderr").read_text())


def test_a_graph_that_is_taken_whole():
    said = heard("gpu_full")
    assert said == gpu_log.Heard(adapter=SWIFTSHADER, software=True, kernels=1)
    found = gpu_log.delegation(said, {"GATHER": 1, "TOPK_V2": 1}, whole=True)
    assert (found.nodes_delegated, found.nodes_total, found.partitions) == (2, 2, 1)
    assert (found.software, found.adapter, found.left_behind) == (True, SWIFTSHADER, {})


@pytest.mark.parametrize("name", ["gpu_partial", "gpu_only_refused"])
def test_what_stays_behind_is_named_in_the_delegate_s_words(name):
    said = heard(name)
    assert (said.taken, said.left, said.kernels, said.faults) == (4, 2, 1, ())
    assert said.remarks == (
        "EXPAND_DIMS: Operation is not supported.",
        "GATHER: Only support 1D indices",
    )
    found = gpu_log.delegation(said, PARTIAL, whole=False)
    assert (found.nodes_delegated, found.nodes_total) == (4, 6)
    assert found.left_behind == {"EXPAND_DIMS": 1, "GATHER": 1}
    assert found.remarks == said.remarks


def test_a_sum_over_several_kinds_is_not_split():
    said = gpu_log.Heard(adapter="a GPU", taken=3, left=5, remarks=("GATHER: no",), kernels=1)
    found = gpu_log.delegation(said, {"GATHER": 2, "ADD": 6}, whole=False)
    assert found.left_behind == {"GATHER, others": 5}
    assert found.nodes_delegated == 3


def test_no_adapter():
    said = heard("no_adapter")
    assert said.no_adapter
    assert not said.adapter
    assert "Failed to initialize WebGPU environment: INTERNAL: No adapters found" in said.faults


def test_a_delegate_that_gave_up_is_a_fault():
    said = heard("gpu_gave_up")
    assert said.adapter == SWIFTSHADER
    assert said.faults == ("TopK requires src tensor C dimension to be divisible by 4.",)


@pytest.mark.parametrize(
    ("name", "kind", "software"),
    [
        ("NVIDIA H100", "discrete GPU", False),
        ("Intel(R) UHD Graphics 620", "integrated GPU", False),
        ("llvmpipe (LLVM 15.0.6, 256 bits)", "CPU / Software", True),
        ("SwiftShader Device (Subzero)", "unknown", True),
    ],
)
def test_a_gpu_is_called_what_it_is(name, kind, software):
    line = f"I0000 1 2 environment.cc:532] Selected adapter: {name}, arch=x, adapterType={kind}"
    said = gpu_log.read(line)
    assert (said.adapter, said.software) == (name, software)


@given(st.sampled_from(sorted(RECORDED.glob("gpu_*.stderr"))), st.data())
def test_a_cut_log_invents_nothing(path, data):
    text = path.read_text()
    whole = gpu_log.read(text)
    cut = gpu_log.read(text[: data.draw(st.integers(0, len(text)))])
    assert cut.taken in (None, whole.taken)
    assert cut.kernels <= whole.kernels
    assert not cut.software or whole.software


@given(st.text())
def test_nonsense_is_no_gpu(text):
    assert gpu_log.read(text).kernels == text.count("Initializing WebGPU-based API from graph")
