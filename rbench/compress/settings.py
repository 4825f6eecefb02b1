"""How trained models are pruned, clustered and made aware of quantization."""

from __future__ import annotations

from typing import Annotated

from rbench.bounds import Bounded, Range


class CompressSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fine-tuning after training, where a recipe asks for one."""

    epochs: Annotated[int, Range(1, 100_000)] = 10
    """Passes over the data in each fine-tuning; the best by validation counts. A recipe that prunes
    or clusters and trains for quantization has two."""
    learning_rate: Annotated[float, Range(0.0, 10.0)] = 1e-3
    """Adam's step size while pruning and clustering, which take away much."""
    qat_learning_rate: Annotated[float, Range(0.0, 10.0)] = 2e-4
    """Adam's step size in quantization-aware training, which has less to mend."""
