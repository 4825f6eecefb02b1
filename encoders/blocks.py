"""Pieces that several encoders are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from rbench.encoding import Form, KerasTensor


def drop_rate(own: float | None, form: Form) -> float:
    """What is dropped within an encoder: its own option, else the training's."""
    return form.dropout if own is None else own


def check_dropout(own: float | None) -> None:
    """Refuse a rate without sense.

    Raises:
        ValueError: it is none.
    """
    if own is not None and not 0 <= own <= 0.99:
        raise ValueError(f"dropout must be a number from 0 to 0.99, not {own}")


def check_blocks(count: int) -> None:
    """Refuse a number without sense.

    Raises:
        ValueError: it is none.
    """
    if not 1 <= count <= 64:
        raise ValueError(f"blocks must be a whole number from 1 to 64, not {count}")


def normed(x: KerasTensor, name: str) -> KerasTensor:
    """Layer normalization (Ba et al. 2016), with gain and bias."""
    from tf_keras import layers

    return layers.LayerNormalization(epsilon=1e-6, name=name)(x)


def gated(
    x: KerasTensor, state: KerasTensor, gate: KerasTensor, dropout: float, name: str
) -> KerasTensor:
    """``x + W (LN(state) * silu(gate)) + b``: what a block found, read through a gate."""
    from tf_keras import layers

    width = x.shape[-1]
    state = normed(state, f"{name}_state_norm")
    open_ = layers.Activation("sigmoid", name=f"{name}_open")(gate)
    read = layers.Multiply(name=f"{name}_read")([state, gate, open_])
    read = layers.Dense(width, name=f"{name}_output")(read)
    read = layers.Dropout(dropout, name=f"{name}_dropout")(read)
    return layers.Add(name=f"{name}_sum")([x, read])


def mixing(
    x: KerasTensor, mask: KerasTensor, kind: Callable[..., Any], dropout: float, name: str
) -> KerasTensor:
    """A block that mixes positions by a sum over the past: the values of `kind`, read through a
    gate from the item at hand.

    Args:
        kind: a layer, ``(batch, length, width)`` -> the same shape, or the last position alone.
    """
    from tf_keras import layers

    from rbench.layers import Last, Masked

    width = x.shape[-1]
    asking = normed(x, f"{name}_norm")
    value = layers.Dense(width, name=f"{name}_value")(asking)
    value = Masked(name=f"{name}_items")([value, mask])
    state = kind(name=f"{name}_state")(value)
    if state.shape[1] < x.shape[1]:
        x = Last(name=f"{name}_newest")(x)
        asking = Last(name=f"{name}_asking")(asking)
    gate = layers.Dense(width, name=f"{name}_gate")(asking)
    return gated(x, state, gate, dropout, name)


class Sums(NamedTuple):
    """One sum over the past as layers, in the three shapes that it is needed in."""

    trained: type
    """All positions, for training."""
    filtered: type
    """All positions, for a file."""
    newest: type
    """The last position alone."""


def mixed(
    x: KerasTensor, mask: KerasTensor, form: Form, count: int, sums: Sums, dropout: float
) -> KerasTensor:
    """So many blocks of `mixing`, and a last norm: an encoder without attention."""
    from tf_keras import layers

    for block in range(count):
        kind = sums.trained
        if form.last:
            kind = sums.newest if block == count - 1 else sums.filtered
        x = mixing(x, mask, kind, dropout, f"block_{block}")
    if form.last:
        x = layers.Reshape((x.shape[-1],), name="newest")(x)
    return normed(x, "final_norm")


def carried(
    x: KerasTensor, mask: KerasTensor, state: KerasTensor, count: int, step: type
) -> tuple[KerasTensor, KerasTensor]:
    """One item through so many blocks of `mixing`, as `mixed` draws them for a context.

    Args:
        x: ``(batch, 1, width)``.
        state: ``(batch, numbers)``, an equal part for each block.
        step: a layer, [values ``(batch, 1, width)``, the block's part of the state] -> what it is
            after them, ``(batch, 1, width)``, and the same as what was found.

    Returns:
        The vector ``(batch, width)``, and the state after it.
    """
    from tf_keras import layers

    from rbench.layers import Part

    after = []
    for block in range(count):
        before = Part(block, count, name=f"block_{block}_before")(state)

        def kind(name: str, before: KerasTensor = before) -> Any:
            def found(value: KerasTensor) -> KerasTensor:
                after.append(step(name=name)([value, before]))
                return after[-1]

            return found

        x = mixing(x, mask, kind, 0.0, f"block_{block}")
    width = x.shape[-1]
    flat = [layers.Reshape((width,), name=f"after_{n}")(one) for n, one in enumerate(after)]
    joined = layers.Concatenate(name="after")(flat) if count > 1 else flat[0]
    return normed(layers.Reshape((width,), name="newest")(x), "final_norm"), joined


def beside_newest(
    found: KerasTensor, embeddings: KerasTensor, form: Form, dropout: float
) -> KerasTensor:
    """``LN(W found + b + newest item)``: what the history changes about its newest item.

    Args:
        found: ``(batch, length, width)``, or with ``form.last`` ``(batch, width)``.
        embeddings: of the context, ``(batch, length, width)``.
    """
    from tf_keras import layers

    from rbench.layers import Last

    newest = Last(name="newest")(embeddings) if form.last else embeddings
    newest = layers.Reshape(found.shape[1:], name="item")(newest)
    found = layers.Dropout(dropout, name="found")(found)
    found = layers.Dense(embeddings.shape[-1], name="projection")(found)
    return normed(layers.Add(name="sum")([newest, found]), "final_norm")
