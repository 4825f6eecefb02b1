"""Quantization-aware training by TFMOT: the network learns on the integers that the file will hold.

**Weights.** TFMOT's ``LastValueQuantizer``, symmetric and without the lowest integer: -127 to 127
or, at 4 bits, -7 to 7. Kernels have a scale for each output (each row of the file's matrix), tables
one scale; with activations, matrices have one scale too, since the converter takes no other. In
a dynamic 4-bit file the item table has a scale for every 32 neighbours. What comes out are the
floats on that grid. A converter that takes ``largest / 127`` (or ``/ 7``) of the
same row or table as its scale finds the very integers again, so schemes that quantize weights
only need nothing else from here.

**Activations**, for ``wi8_ai8``. The output of every layer that computes is rounded to 8 bits
within a moving range that training learns; lookups and changes of shape keep the range of what
they move. The artefact holds the ranges, `rbench.compress.as_trained` puts them into the graph to
convert. TFMOT knows no ranges inside a recurrent cell or a norm: a norm is left in float, between
two ranges; a model with a recurrent layer learns on integer weights only, and its activations are
calibrated as without it.

**On top of pruning or clustering** zeros stay zero and clusters stay together, as in TFMOT's
pruning- and cluster-preserving schemes, which know Dense and Conv2D only.

Source: Jacob et al. 2018; TFMOT 0.8.1. Importing this module imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras

from rbench.compress.few_bits import best_limit, in_blocks, in_halves
from rbench.compress.places import Floats, Weight, places
from rbench.compress.ranges import MovingRange, computes
from rbench.graph.model import ITEM_TABLE, Weights
from rbench.layers import Mask
from rbench.recipes.compression import LearningRates, Method
from rbench.recipes.scheme import Grid

RECURRENT_BITS = 8
"""Of the matrices that multiply a recurrent layer's own state, however few the others have."""
FIXED = {tf_keras.layers.Softmax: (0.0, 255 / 256), Mask: (0.0, 1.0)}
"""Layers whose range is known beforehand; that of a softmax is the one that TFLite's kernel has."""


class Quantization(Method):
    """`tfmot.quantization.keras`'s wrappers around all that is quantized.

    Args:
        grid: what the file will hold.
        kept: what an earlier compression made and is to stay, one of `KINDS`.
    """

    def __init__(self, grid: Grid, kept: str = "") -> None:
        self.bits, self.block, self.kept = grid.weights, grid.block, kept
        self.table = grid.table or grid.weights
        self.activations = bool(grid.activations)
        self.model: Any = None

    def wrap(self, model: Any, steps: int) -> Any:
        recurrent = any(isinstance(layer, tf_keras.layers.RNN) for layer in model.layers)
        self.activations = self.activations and not recurrent
        by_output = scaled_by_output(self.activations, self.kept)
        self.model = wrapped(
            model,
            self.bits,
            self.activations,
            by_output,
            KINDS[self.kept],
            block=self.block,
            table=self.table,
        )
        return self.model

    def learning_rate(self, settings: LearningRates) -> float:
        return settings.qat_learning_rate

    def end_epoch(self) -> None:
        refresh(self.model)

    def stripped(self) -> Weights:
        found: Weights = {}
        for layer in self.model.layers:
            if isinstance(layer, Wrapper):
                found.update(layer.on_grid())
            else:
                found.update(
                    {f"{layer.name}/{n}": np.array(w) for n, w in enumerate(layer.weights)}
                )
        return found

    def reached(self) -> bool:
        return True

    def details(self) -> dict[str, float]:
        said = {"weight_bits": float(self.bits), "learnt_ranges": float(len(self.ranges()))}
        found = self.stripped()
        rounded = [
            found[f"{layer.layer.name}/{place.position}"]
            for layer in self.model.layers
            if isinstance(layer, Wrapper)
            for place in layer.quantize_config.places
            if found[f"{layer.layer.name}/{place.position}"].shape[-1] > 1
        ]
        if self.kept == "zeros":
            said["zeros"] = float(
                sum((w == 0).sum() for w in rounded) / sum(w.size for w in rounded)
            )
        if self.kept == "clusters":
            said["distinct_most"] = float(max(len(np.unique(w)) for w in rounded))
        return said

    def ranges(self) -> dict[str, Floats]:
        """Layer's name -> the least and the largest of its outputs, float32 ``(2,)``."""
        return {
            layer.layer.name: layer.range()
            for layer in self.model.layers
            if isinstance(layer, Wrapper) and layer.has_range()
        }


def scaled_by_output(activations: bool, kept: str = "") -> tuple[type, ...]:
    """Layers whose kernels have a scale for each output; others have one.

    tf.lite's converter takes one scale only from fake quantization of a matrix. A scale for each
    output would spread a kernel's clusters over more than 16 integers.
    """
    if kept == "clusters":
        return ()
    kinds = tf_keras.layers
    return (kinds.Conv2D,) if activations else (kinds.Dense, kinds.Conv2D, kinds.RNN)


def wrapped(
    model: Any,
    bits: int,
    activations: bool,
    by_output: tuple[type, ...],
    kind: type[OnGrid],
    ranges: Mapping[str, Floats] | None = None,
    block: int = 0,
    table: int = 0,
) -> Any:
    """The same graph of the same layers, with TFMOT's wrappers around what is quantized.

    Args:
        bits: of the weights.
        activations: whether the outputs of layers that compute are rounded.
        by_output: layers whose kernels have a scale for each output.
        kind: how weights get to their grid.
        ranges: layer's name -> its range, where they are known; outputs without one stay float.
        block: neighbours in a row of the item table that share a scale, if they divide it.
        table: bits of the item table; 0: those of the other weights.
    """

    def each(layer: Any) -> Any:
        found = places(layer, ages=activations)
        if ranges is None:
            ranged = activations and computes(layer)
        else:
            ranged = layer.name in ranges or isinstance(layer, tuple(FIXED))
            if isinstance(layer, tf_keras.layers.Embedding) and layer.name != ITEM_TABLE:
                found = []  # a constant of the file; it is on its grid, and an operator less
        if not found and not ranged:
            return layer
        held = table if table and layer.name == ITEM_TABLE else bits
        shared = block if layer.name == ITEM_TABLE and layer.output_dim % (block or 1) == 0 else 0
        return Wrapper(
            layer, _Config(found, held, ranged, isinstance(layer, by_output), kind, shared)
        )

    model = tf_keras.models.clone_model(model, clone_function=each)
    for layer in model.layers:
        if ranges and isinstance(layer, Wrapper) and layer.has_range():
            layer.set_range(*ranges[layer.layer.name])
    return model


def refresh(model: Any) -> None:
    """Let the ranges of weights follow the weights as they are now, after the last step."""
    for layer in model.layers:
        if isinstance(layer, Wrapper):
            layer.refresh()


class Wrapper(tfmot.quantization.keras.QuantizeWrapperV2):  # type: ignore[misc]
    """TFMOT's, with its ranges to be read."""

    def refresh(self) -> None:
        for weight, quantizer, variables in self._weight_vars:
            quantizer(weight, True, weights=variables)

    def on_grid(self) -> Weights:
        """All weights of the layer, the quantized ones rounded."""
        config = self.quantize_config
        originals = [weight for weight, _, _ in self._weight_vars]
        config.set_quantize_weights(self.layer, originals)
        values = {
            weight.ref(): quantizer.rounded(weight, variables)
            for weight, quantizer, variables in self._weight_vars
        }
        return {
            f"{self.layer.name}/{index}": values.get(weight.ref(), np.array(weight))
            for index, weight in enumerate(config.ordered(self.layer))
        }

    def has_range(self) -> bool:
        return bool(self._output_quantizers) and "max_var" in (self._output_quantizer_vars or {})

    def range(self) -> Floats:
        known = self._output_quantizer_vars
        return np.array([known["min_var"].numpy(), known["max_var"].numpy()], np.float32)

    def set_range(self, least: float, largest: float) -> None:
        self._output_quantizer_vars["min_var"].assign(least)
        self._output_quantizer_vars["max_var"].assign(largest)


class _Config(tfmot.quantization.keras.QuantizeConfig):  # type: ignore[misc]
    """What of a layer is quantized, and how."""

    def __init__(
        self,
        found: list[Weight],
        bits: int,
        ranged: bool,
        each_output: bool,
        kind: type[OnGrid],
        block: int = 0,
    ) -> None:
        self.block = block
        self.places, self.bits, self.ranged = found, bits, ranged
        self.each_output, self.kind = each_output, kind
        self.layers_weights: list[Any] = []

    def get_weights_and_quantizers(self, layer: Any) -> list[Any]:
        self.layers_weights = list(layer.weights)
        return [
            (getattr(place.holder, place.attribute), self._quantizer(place))
            for place in self.places
        ]

    def get_activations_and_quantizers(self, layer: Any) -> list[Any]:
        return []

    def set_quantize_weights(self, layer: Any, quantize_weights: list[Any]) -> None:
        for place, weight in zip(self.places, quantize_weights, strict=True):
            setattr(place.holder, place.attribute, weight)

    def set_quantize_activations(self, layer: Any, quantize_activations: list[Any]) -> None:
        """Activations count as a part of the output."""

    def get_output_quantizers(self, layer: Any) -> list[Any]:
        if not self.ranged:
            return []
        for kind, (least, largest) in FIXED.items():
            if isinstance(layer, kind):
                fixed = tfmot.quantization.keras.quantizers.FixedQuantizer
                return [fixed(8, least, largest, narrow_range=False)]
        return [MovingRange()]

    def get_config(self) -> dict[str, Any]:
        return {"bits": self.bits, "ranged": self.ranged, "each_output": self.each_output}

    def ordered(self, layer: Any) -> list[Any]:
        """The layer's weights in their own order, which wrapping disturbs."""
        return self.layers_weights

    def _quantizer(self, place: Weight) -> OnGrid:
        by_axis = self.each_output and not place.table
        bits = RECURRENT_BITS if place.attribute == "recurrent_kernel" else self.bits
        made = self.kind(bits, per_axis=by_axis, symmetric=True, narrow_range=True)
        made.block = self.block if place.table else 0
        made.halves = place.table and bits == 2
        return made


class OnGrid(tfmot.quantization.keras.quantizers.LastValueQuantizer):  # type: ignore[misc]
    """TFMOT's, and its result in plain numbers."""

    block = 0
    """Neighbours in a row that share a scale; 0: the scale is that of an output, or of all."""

    halves = False
    """Whether the grid has no zero, see `rbench.compress.few_bits.in_halves`."""

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        known: dict[str, Any] = super().build(tensor_shape, name, layer)
        if self.num_bits < 8 and not (self.per_axis or self.block or self.halves):
            # One scale for many numbers: at few bits the largest ones are better cut off.
            known["limit"] = best_limit(named(layer, name).numpy(), self.num_bits)
        return known

    def rounded(self, weight: Any, variables: dict[str, Any]) -> Floats:
        """The weight on its grid: integers times the scale, in float32."""
        if self.block or self.halves:
            return np.array(self._near(self.before(weight, variables)))
        numbers = np.array(self._limited(weight, variables))
        most = 2 ** (self.num_bits - 1) - 1
        scale = (variables["max_var"].numpy() / np.float32(most)).astype(np.float32)
        scale = np.where(scale == 0, np.float32(1), scale)
        return (np.clip(np.rint(numbers / scale), -most, most) * scale).astype(np.float32)

    def before(self, weight: Any, variables: dict[str, Any]) -> Any:
        """What is rounded."""
        return weight

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def __call__(self, inputs: Any, training: bool, weights: dict[str, Any], **options: Any) -> Any:
        if self.block or self.halves:
            numbers = self.before(inputs, weights)
            return numbers + tf.stop_gradient(self._near(numbers) - numbers)
        return super().__call__(self._limited(inputs, weights), training, weights, **options)

    def _near(self, numbers: Any) -> Any:
        return in_halves(numbers) if self.halves else in_blocks(numbers, self.num_bits, self.block)

    def _limited(self, weight: Any, variables: dict[str, Any]) -> Any:
        numbers = self.before(weight, variables)
        limit = variables.get("limit")
        return numbers if limit is None else tf.clip_by_value(numbers, -limit, limit)


class OnGridWithZeros(OnGrid):
    """Zeros stay where they were, as in TFMOT's pruning-preserving quantizers."""

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        known: dict[str, Any] = super().build(tensor_shape, name, layer)
        weight = named(layer, name)
        return {**known, "mask": tf.constant((weight.numpy() != 0).astype(np.float32))}

    def before(self, weight: Any, variables: dict[str, Any]) -> Any:
        return weight * variables["mask"]


class OnGridInClusters(OnGrid):
    """Weights of a cluster stay one number, which learns, as in TFMOT's cluster-preserving ones."""

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        known: dict[str, Any] = super().build(tensor_shape, name, layer)
        values, members = np.unique(named(layer, name).numpy(), return_inverse=True)
        centroids = layer.add_weight(
            f"{name}_centroids",
            shape=values.shape,
            initializer=tf_keras.initializers.Constant(values),
            trainable=True,
        )
        members = tf.constant(members.reshape(tuple(tensor_shape)).astype(np.int32))
        return {**known, "centroids": centroids, "members": members}

    def before(self, weight: Any, variables: dict[str, Any]) -> Any:
        # The weight itself rests: its gradient is there, and zero.
        return tf.gather(variables["centroids"], variables["members"]) + 0.0 * weight


KINDS: dict[str, type[OnGrid]] = {
    "": OnGrid,
    "zeros": OnGridWithZeros,
    "clusters": OnGridInClusters,
}
"""What an earlier compression made and is to stay -> the quantizer that lets it."""


def named(wrapper: Any, name: str) -> Any:
    """The weight of a wrapped layer that TFMOT calls so."""
    config = wrapper.quantize_config
    return next(
        getattr(place.holder, place.attribute)
        for place in config.places
        if getattr(place.holder, place.attribute).name.split(":")[0].split("/")[-1] == name
    )
