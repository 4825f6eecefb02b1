"""For those who extend rbench: the contract that every encoder must keep, as tests.

In the tests of a package that brings an encoder::

    from rbench.testing import EncoderContract

    class TestMine(EncoderContract):
        encoder = Mine()

or, without pytest, ``rbench.testing.check_encoder(Mine())``. Needs ``rbench[sweep]``.
"""

from rbench.testing.contract import CHECKS, EncoderContract, check_encoder

__all__ = ["CHECKS", "EncoderContract", "check_encoder"]
