"""The real tool, where RBENCH_BENCHMARK_MODEL names one."""

import os

import numpy as np
import pytest

from rbench import profile
from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.profile.tools.benchmark_model import tool

CPU = Target.parse("benchmark_model/cpu")
REAL = os.environ.get(tool.VARIABLE, "")
pytestmark = pytest.mark.skipif(
    not REAL, reason=f"{tool.VARIABLE} is not set: the real tool is not here"
)


@pytest.mark.parametrize(
    "target", ["benchmark_model/cpu", "benchmark_model/xnnpack@2", "benchmark_model/xnnpack_cached"]
)
def test_the_real_tool(model, contexts, quick, tmp_path, target):
    made = profile.measure(quick, model("recommender"), Target.parse(target), contexts, 1, tmp_path)
    assert made.runs >= 50
    assert made.aggregate
    assert made.aggregate.min_us <= made.median_us <= made.aggregate.max_us
    assert made.delegation.nodes_total == 5
    assert bool(made.delegation.nodes_delegated) == ("xnnpack" in target)
    assert sum(made.ops_us.values()) > 0


def test_the_real_tool_has_ids_out_of_range_refused(model, quick, tmp_path):
    path = tmp_path / "wrong.npy"
    np.save(path, np.full((4, 8), 10**6, np.int32))
    with pytest.raises(StageError, match="gather index out of bounds"):
        profile.measure(quick, model("recommender"), CPU, path, 0, tmp_path)
