"""Every encoder of ours keeps the contract that a stranger's must keep."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("encoders need rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.testing import CHECKS
from rbench.testing.contract import check_conversion
from rbench_encoders.attention import Attention
from rbench_encoders.cnn import Cnn

OURS = ("bow", "cnn", "lstm", "gru", "attention", "lru", "mixer", "gated_attention")
CASES = {
    **{name: plugins.encoder(name) for name in OURS},
    "cnn, wider than the context": Cnn(kernel=4, dilations=(1, 2, 8)),
    "attention, one block of one head": Attention(blocks=1, heads=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", OURS)
def test_the_contract(name: str, check) -> None:
    check(CASES[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CASES.keys() - {*OURS}))
def test_other_options_keep_it_too(name: str) -> None:
    """But for a conversion: the operators are those of the default."""
    for check in CHECKS:
        if check is not check_conversion:
            check(CASES[name])
