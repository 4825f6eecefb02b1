"""For those who extend rbench: the contracts of encoders, schemes, compressions, tools, as tests.

In the tests of a package that brings an encoder::

    from rbench.testing import EncoderContract

    class TestMine(EncoderContract):
        encoder = Mine()

or, without pytest, ``rbench.testing.check_encoder(Mine())``; so too `SchemeContract` with
``scheme``, and `CompressionContract` with ``compression``. They need ``rbench[sweep]``. A tool has
`ToolContract` and ``check_tool``, which need ``rbench[profile]``.
"""

from rbench.testing.compression_contract import CompressionContract, check_compression
from rbench.testing.contract import CHECKS, EncoderContract, check_encoder
from rbench.testing.scheme_contract import SchemeContract, check_scheme
from rbench.testing.tool_contract import ToolContract, check_tool

__all__ = [
    "CHECKS",
    "CompressionContract",
    "EncoderContract",
    "SchemeContract",
    "ToolContract",
    "check_compression",
    "check_encoder",
    "check_scheme",
    "check_tool",
]
