"""Magnitude pruning by TFMOT: the small weights go, the others learn to do without.

``prune50`` and ``prune80`` raise the share of zeros by TFMOT's polynomial schedule; ``prune2x4``
sets two of every four neighbours to zero once, at the first step.

Two things differ from TFMOT's wrapper as it stands. The gates of a recurrent layer are pruned one
by one, since files hold them so: by one threshold for all, a gate of large weights would keep too
many. And the blocks of ``prune2x4`` lie along the last axis of the file's tensor, which is how
TFMOT defines them (``pruning_utils.weights_rearrange``); an item table, which its code takes for
a Dense kernel, is stored as it is and so has its blocks along the width.

Source: Zhu and Gupta 2017, "To prune, or not to prune"; TFMOT 0.8.1. Importing this module imports
TensorFlow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
from tensorflow_model_optimization.python.core.sparsity.keras import pruning_impl, pruning_wrapper

from rbench.compress.places import Floats, Weight, parts, wrapped
from rbench.graph.model import Weights
from rbench.recipes.compression import Method

BLOCK = 2, 4
"""Zeros, in so many neighbours."""
RAMP = 0.5
"""The share of the steps in which zeros grow to their final share."""
FREQUENT = 20
"""So many times masks are drawn anew while zeros grow; at every step where there are fewer."""


class Pruning(Method):
    """`tfmot.sparsity.keras`'s wrappers around every compressed layer.

    Args:
        sparsity: share of zeros; 0: two in every four neighbours.
    """

    def __init__(self, sparsity: float) -> None:
        self.sparsity = sparsity
        self.model: Any = None
        self.callback = tfmot.sparsity.keras.UpdatePruningStep()

    def wrap(self, model: Any, steps: int) -> Any:
        self.model = wrapped(model, lambda layer, found: self._around(layer, found, steps))
        self.callback.set_model(self.model)
        self.callback.on_train_begin()
        return self.model

    def end_epoch(self) -> None:
        # The last step has moved weights that are pruned: the wrapper masks at the next call only.
        self.callback.on_epoch_end(0)

    def stripped(self) -> Weights:
        return stripped(self.model)

    def reached(self) -> bool:
        return all(self._enough(part) for _, part in self._parts())

    def details(self) -> dict[str, float]:
        zeros = [(part == 0).mean() for _, part in self._parts()]
        sizes = [part.size for _, part in self._parts()]
        return {
            "zeros": float(np.average(zeros, weights=sizes)),
            "zeros_least": float(min(zeros)),
            "pruned_tensors": float(len(zeros)),
        }

    def _around(self, layer: Any, found: list[Weight], steps: int) -> Any:
        calls = len(layer.inbound_nodes)  # the wrapper counts calls; the item table has two
        if self.sparsity:
            ramp = max(1, int(steps * RAMP))
            every = max(1, ramp // FREQUENT)
            ramp -= ramp % every  # masks are drawn at multiples only, the last at the full share
            schedule = tfmot.sparsity.keras.PolynomialDecay(
                initial_sparsity=0.0,
                final_sparsity=self.sparsity,
                begin_step=0,
                end_step=ramp * calls,
                frequency=every * calls,
            )
            return _Wrapper(layer, found, pruning_schedule=schedule)
        schedule = tfmot.sparsity.keras.ConstantSparsity(0.5, begin_step=0)
        return _Wrapper(layer, found, pruning_schedule=schedule, sparsity_m_by_n=BLOCK)

    def _parts(self) -> list[tuple[Weight, Floats]]:
        return [
            (place, part)
            for layer in self.callback.prunable_layers
            for place in layer.places
            for part in parts(np.asarray(layer.layer.weights[place.position]), place)
        ]

    def _enough(self, part: Floats) -> bool:
        if self.sparsity:
            return bool((part == 0).sum() >= int(part.size * self.sparsity))
        return blocks_hold(part)


def blocks_hold(tensor: Floats) -> bool:
    """Whether every block of four along the last axis has two zeros at least; what stands behind
    the last whole block may be as it is.
    """
    zeros, size = BLOCK
    whole = tensor.shape[-1] // size * size
    blocks = tensor[..., :whole].reshape(-1, size)
    return bool(((blocks == 0).sum(axis=1) >= zeros).all())


def stripped(model: Any) -> Weights:
    """Weights by the names that they have without wrappers."""
    found = {}
    for layer in model.layers:
        inner = getattr(layer, "layer", layer)
        for index, weight in enumerate(inner.weights):
            found[f"{inner.name}/{index}"] = np.array(weight)
    return found


class _Wrapper(pruning_wrapper.PruneLowMagnitude):  # type: ignore[misc]
    def __init__(self, layer: Any, found: list[Weight], **options: Any) -> None:
        # TFMOT's registry does not know the cells of recurrent layers: what it asks, we answer.
        layer.get_prunable_weights = lambda: [getattr(p.holder, p.attribute) for p in found]
        super().__init__(layer, **options)
        self.places = tuple(found)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.pruning_obj = _ByParts(
            self.places,
            training_step_fn=lambda: self.pruning_step,
            pruning_vars=self.pruning_vars,
            pruning_schedule=self.pruning_schedule,
            block_size=self.block_size,
            block_pooling_type=self.block_pooling_type,
            sparsity_m_by_n=self.sparsity_m_by_n,
        )


class _ByParts(pruning_impl.Pruning):  # type: ignore[misc]
    def __init__(self, found: tuple[Weight, ...], **options: Any) -> None:
        super().__init__(**options)
        self.by_weight = {
            weight.ref(): place
            for place, (weight, _, _) in zip(found, self._pruning_vars, strict=True)
        }

    def _maybe_update_block_mask(self, weights: Any) -> Any:
        place = self.by_weight[weights.ref()]
        turned = place.table and self._sparsity_m_by_n
        threshold, masks = 0.0, []
        for part in tf.split(weights, place.parts, axis=-1):
            laid = tf.transpose(part) if turned else part
            threshold, mask = super()._maybe_update_block_mask(laid)
            masks.append(tf.transpose(mask) if turned else mask)
        return threshold, tf.concat(masks, axis=-1)
