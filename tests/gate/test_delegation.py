"""Which cells a delegation limit asks."""

import pytest

from rbench.gate.delegation import asked
from rbench.gate.rules import DelegationLimit


@pytest.mark.parametrize(
    ("target", "delegate", "is_asked"),
    [
        ("xnnpack@2", "xnnpack", True),
        ("xnnpack_cached", "xnnpack", True),
        ("benchmark_model/xnnpack_cached", "xnnpack", True),
        ("cpu", "xnnpack", False),
        ("gpu", "xnnpack", False),
        ("gpu", "gpu", True),
    ],
)
def test_a_limit_asks_the_cells_of_its_delegate(make_run, target, delegate, is_asked):
    record = make_run(targets=(target,)).records[0]
    assert asked(DelegationLimit(delegate=delegate, min=0.5), record) is is_asked
