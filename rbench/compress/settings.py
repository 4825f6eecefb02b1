"""How trained models are pruned, clustered and made aware of quantization."""

from __future__ import annotations

import msgspec


class CompressSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fine-tuning after training, where a recipe asks for one."""

    epochs: int = 10
    """Passes over the data while compressing."""
    learning_rate: float = 5e-4
