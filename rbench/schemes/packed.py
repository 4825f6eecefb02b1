"""``weight_only_wi8``, ``dynamic_wi4``, ``weight_only_wi4``: weights packed by rbench itself."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.recipes.scheme import Converted, Grid, Scheme, Source


@dataclass(frozen=True, kw_only=True, eq=False)
class Packed(Scheme):
    """tf.lite's float32 file with its weights in few bits, see `rbench.convert.packing`."""

    dynamic: bool
    """Whether operators read the integers where they have a kernel for it."""

    def convert(self, source: Source) -> Converted:
        from rbench.convert.packing import pack_weights
        from rbench.convert.rewriting import share_and_tidy

        model = source.by_tflite()
        share_and_tidy(model)
        pack_weights(model, self.weight_bits, self.dynamic)
        return Converted(model, "rbench")


WEIGHT_ONLY_WI8 = Packed(
    name="weight_only_wi8",
    meaning="int8 weights, computed in float32",
    quantizer="rbench",
    weights="int8, made float32 at load",
    arithmetic="float32",
    granularity="each output of a matrix; the item table has one",
    weight_bits=8,
    activation_bits=32,
    dynamic=False,
    place=40,
    grid=Grid(8),
    tolerance=0.1,
)
DYNAMIC_WI4 = Packed(
    name="dynamic_wi4",
    meaning="int4 weights, activations quantized while running",
    quantizer="rbench",
    weights="int4",
    arithmetic="int8, ranges found while running",
    granularity="each output of a matrix; 32 neighbours in a row of the item table",
    weight_bits=4,
    activation_bits=8,
    dynamic=True,
    place=70,
    grid=Grid(4, block=32),
    tolerance=0.5,
)
WEIGHT_ONLY_WI4 = Packed(
    name="weight_only_wi4",
    meaning="int4 weights, computed in float32",
    quantizer="rbench",
    weights="int4, made float32 at load",
    arithmetic="float32",
    granularity="each output of a matrix; the item table has one",
    weight_bits=4,
    activation_bits=32,
    dynamic=False,
    place=80,
    grid=Grid(4),
    tolerance=0.5,
)
