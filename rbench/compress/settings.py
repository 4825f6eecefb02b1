"""How trained models are pruned, clustered and made aware of quantization."""

from __future__ import annotations

import msgspec


class CompressSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fine-tuning after training, where a recipe asks for one."""

    epochs: int = 10
    """Passes over the data in each fine-tuning; the best by validation counts. A recipe that prunes
    or clusters and trains for quantization has two."""
    learning_rate: float = 1e-3
    """Adam's step size while pruning and clustering, which take away much."""
    qat_learning_rate: float = 2e-4
    """Adam's step size in quantization-aware training, which has less to mend."""
