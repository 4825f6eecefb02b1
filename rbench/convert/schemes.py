"""Scheme -> the way to it, and the library that walks it. Importing this module imports TensorFlow.

docs/recipes.md says why each scheme goes the way that it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rbench.convert.export import Recommender
from rbench.convert.packing import packed
from rbench.convert.rewriting import rewritten
from rbench.convert.sharing import Shared
from rbench.convert.tflite import LEARNT, convert_with_tflite
from rbench.data.dataset import Ids
from rbench.recipe import Scheme

Way = Callable[[Recommender, Ids], bytes]


class Road(NamedTuple):
    """How a scheme is reached."""

    convert: Way
    library: str
    """That quantizes: ``tf.lite`` or ``rbench``."""


def _by_tflite(scheme: Scheme) -> Road:
    return Road(lambda recommender, ids: convert_with_tflite(scheme, recommender, ids), "tf.lite")


def _by_packing(bits: int, dynamic: bool) -> Road:
    def convert(recommender: Recommender, contexts: Ids) -> bytes:
        content, _ = rewritten(convert_with_tflite("float32", recommender, contexts))
        return packed(content, bits, dynamic)

    return Road(convert, "rbench")


ROADS: dict[Scheme, Road] = {
    "float32": _by_tflite("float32"),
    "float16": _by_tflite("float16"),
    "dynamic_wi8": _by_tflite("dynamic_wi8"),
    "weight_only_wi8": _by_packing(8, dynamic=False),
    "static_wi8_ai8": _by_tflite("static_wi8_ai8"),
    "static_wi8_ai16": _by_tflite("static_wi8_ai16"),
    "dynamic_wi4": _by_packing(4, dynamic=True),
    "weight_only_wi4": _by_packing(4, dynamic=False),
}


def convert_to_scheme(
    scheme: Scheme, recommender: Recommender, contexts: Ids, learnt: bool = False
) -> tuple[bytes, Shared, str]:
    """The finished file, what became of its item table, and which library quantized it.

    Args:
        contexts: int32 ``(n, length)`` to calibrate static schemes on.
        learnt: the model has fake quantization with learnt ranges, which go into the file.

    Raises:
        StageError: the converter gave up.
    """
    if learnt:
        return *rewritten(convert_with_tflite(LEARNT, recommender, contexts)), "tf.lite"
    road = ROADS[scheme]
    return *rewritten(road.convert(recommender, contexts)), road.library
