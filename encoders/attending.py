"""Causal attention whose only positions are ages (ALiBi, Press et al. 2022): no table, and the
context may have any length.
"""

from __future__ import annotations

from rbench.encoding import KerasTensor
from rbench_encoders import blocks

PENALTY = 30.0
"""Subtracted from the attention scores of hidden keys: e^-30 is nothing in float32, and the
range stays narrow enough for quantized files."""
HEADS = 2


def heads_of(own: int | None, width: int) -> int:
    """So many heads: an encoder's own option, else 2 where they divide the width.

    Raises:
        ValueError: they do not.
    """
    heads = own or (HEADS if width % HEADS == 0 else 1)
    if width % heads:
        raise ValueError(f"width {width} is no multiple of {heads} heads")
    return heads


def check_heads(own: int | None) -> None:
    """Refuse a number without sense.

    Raises:
        ValueError: it is none.
    """
    if own is not None and not 1 <= own <= 64:
        raise ValueError(f"heads must be a whole number from 1 to 64, not {own}")


def asked(
    x: KerasTensor, norm: str, name: str, only_last: bool
) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
    """Where a block begins: what goes on, who asks and what is known, the latter two normed.

    Args:
        x: ``(batch, length, width)``.
        norm: name of the norm.
        only_last: the newest position alone goes on and asks, ``(batch, 1, width)``.
    """
    from rbench.layers import Last

    known = asking = blocks.normed(x, norm)
    if only_last:
        x = Last(name=f"{name}_newest")(x)
        asking = Last(name=f"{name}_asking")(asking)
    return x, asking, known


def attended(
    asking: KerasTensor, known: KerasTensor, mask: KerasTensor, heads: int, name: str
) -> KerasTensor:
    """What every position finds in the positions up to its own, by ``heads`` of a slope each.

    Args:
        asking: ``(batch, queries, width)``, the newest positions of ``known``.
        known: ``(batch, keys, width)``.
        mask: ``(batch, keys)``.

    Returns:
        ``(batch, queries, width)``.
    """
    from tf_keras import layers

    from rbench.layers import CausalBias

    part = known.shape[-1] // heads
    found = []
    for head in range(heads):
        place = f"{name}_head_{head}"
        query = layers.Dense(part, name=f"{place}_query")(asking)
        key = layers.Dense(part, name=f"{place}_key")(known)
        value = layers.Dense(part, name=f"{place}_value")(known)
        query = layers.Rescaling(part**-0.5, name=f"{place}_scale")(query)
        scores = layers.Dot(axes=2, name=f"{place}_scores")([query, key])
        slope = 2.0 ** (-8 * (head + 1) / heads)
        scores = CausalBias(PENALTY, slope, name=f"{place}_hidden")([scores, mask])
        weights = layers.Softmax(name=f"{place}_weights")(scores)
        found.append(layers.Dot(axes=(2, 1), name=f"{place}_found")([weights, value]))
    return layers.Concatenate(name=f"{name}_heads")(found) if heads > 1 else found[0]
