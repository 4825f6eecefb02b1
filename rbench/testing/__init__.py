"""For those who extend rbench: the contract of every kind of plug-in, as tests.

In the tests of a package that brings an encoder::

    from rbench.testing import EncoderContract

    class TestMine(EncoderContract):
        encoder = Mine()

or, without pytest, ``rbench.testing.check_encoder(Mine())``; so too `SchemeContract` with
``scheme``, `CompressionContract` with ``compression``, `LossContract` with ``loss``,
`FeatureContract` with ``feature`` and `MetricContract` with ``metric``. All but the last need
``rbench[sweep]``. A tool has `ToolContract` and ``check_tool``, which need ``rbench[profile]``.
"""

from rbench.testing.compression_contract import CompressionContract, check_compression
from rbench.testing.contract import CHECKS, EncoderContract, check_encoder
from rbench.testing.features import FeatureContract, check_feature
from rbench.testing.losses import LossContract, check_loss
from rbench.testing.metrics import MetricContract, check_metric
from rbench.testing.scheme_contract import SchemeContract, check_scheme
from rbench.testing.tool_contract import ToolContract, check_tool

__all__ = [
    "CHECKS",
    "CompressionContract",
    "EncoderContract",
    "FeatureContract",
    "LossContract",
    "MetricContract",
    "SchemeContract",
    "ToolContract",
    "check_compression",
    "check_encoder",
    "check_feature",
    "check_loss",
    "check_metric",
    "check_scheme",
    "check_tool",
]
