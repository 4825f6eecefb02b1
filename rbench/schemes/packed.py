"""``weight_only_wi8``, ``dynamic_wi4``, ``weight_only_wi4``, ``dynamic_wi2``: packed by rbench."""

from __future__ import annotations

from dataclasses import dataclass

from rbench.recipes.scheme import Converted, Grid, Scheme, Source


@dataclass(frozen=True, kw_only=True, eq=False)
class Packed(Scheme):
    """tf.lite's float32 file with its weights in few bits, see `rbench.convert.packing`."""

    dynamic: bool
    """Whether operators read the integers where they have a kernel for it."""
    others: int = 0
    """Bits of all weights but the item table, where they have more; 0: they have not."""

    def convert(self, source: Source) -> Converted:
        from rbench.convert.packing import pack_weights
        from rbench.convert.rewriting import share_and_tidy
        from rbench.convert.two_bits import pack_table

        model = source.by_tflite()
        share_and_tidy(model)
        if self.weight_bits == 2:
            pack_table(model)
        pack_weights(model, self.others or self.weight_bits, self.dynamic)
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
    granularity="each output of a matrix; the item table has one, or one for 32 neighbours",
    weight_bits=4,
    activation_bits=8,
    dynamic=True,
    place=70,
    grid=Grid(4),
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
NO_ZERO = "an item table of 2 bits has no zero: nothing of it would stay pruned (rbench)"
DYNAMIC_WI2 = Packed(
    name="dynamic_wi2",
    meaning="an int2 item table and int4 matrices, activations quantized while running",
    quantizer="rbench",
    weights="int2 in the item table, int4 in matrices",
    arithmetic="int8, ranges found while running",
    granularity="each output of a matrix; the item table has one",
    weight_bits=2,
    activation_bits=8,
    dynamic=True,
    others=4,
    place=90,
    grid=Grid(4, table=2),
    refuses={"prune50": NO_ZERO, "prune80": NO_ZERO, "prune2x4": NO_ZERO},
    tolerance=0.6,
)
