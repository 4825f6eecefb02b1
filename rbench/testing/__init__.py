"""For those who extend rbench: the contracts that encoders and tools must keep, as tests.

In the tests of a package that brings an encoder::

    from rbench.testing import EncoderContract

    class TestMine(EncoderContract):
        encoder = Mine()

or, without pytest, ``rbench.testing.check_encoder(Mine())``. Needs ``rbench[sweep]``. A tool has
`ToolContract` and ``check_tool``, which need ``rbench[profile]``.
"""

from rbench.testing.contract import CHECKS, EncoderContract, check_encoder
from rbench.testing.tool_contract import ToolContract, check_tool

__all__ = ["CHECKS", "EncoderContract", "ToolContract", "check_encoder", "check_tool"]
