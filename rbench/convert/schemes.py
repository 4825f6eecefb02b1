"""Scheme -> the way to it, and the library that walks it.

docs/recipes.md says why each scheme goes the way that it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from rbench.cells.policy import file_objection
from rbench.cells.recipe import Scheme
from rbench.convert.census import take_census
from rbench.convert.narrowing import narrowed
from rbench.convert.packing import packed
from rbench.convert.rewriting import rewritten
from rbench.convert.sharing import Shared
from rbench.data.dataset import Ids
from rbench.errors import Unsupported

Recommender = Any
"""`rbench.convert.export.Recommender`, whose module brings TensorFlow."""
Learnt = Literal["learnt"]
"""`rbench.convert.tflite.LEARNT`."""
Way = Callable[[Recommender, Ids], bytes]


class Road(NamedTuple):
    """How a scheme is reached."""

    convert: Way
    library: str
    """That quantizes: ``tf.lite``, ``ai-edge-quantizer`` or ``rbench``."""


def _tflite(scheme: Scheme | Learnt, recommender: Recommender, contexts: Ids) -> bytes:
    from rbench.convert.tflite import convert_with_tflite

    return convert_with_tflite(scheme, recommender, contexts)


def _by_tflite(scheme: Scheme | Learnt) -> Road:
    return Road(lambda recommender, ids: _tflite(scheme, recommender, ids), "tf.lite")


def _by_narrowing(scheme: Scheme) -> Road:
    def convert(recommender: Recommender, contexts: Ids) -> bytes:
        content, _ = rewritten(_tflite(scheme, recommender, contexts))
        return narrowed(content)

    return Road(convert, "tf.lite")


def _by_quantizer(scheme: Scheme) -> Road:
    def convert(recommender: Recommender, contexts: Ids) -> bytes:
        from rbench.convert.quantizer import quantize

        content, _ = rewritten(_tflite("float32", recommender, contexts))
        return narrowed(quantize(content, scheme, contexts))

    return Road(convert, "ai-edge-quantizer")


def _by_packing(bits: int, dynamic: bool) -> Road:
    def convert(recommender: Recommender, contexts: Ids) -> bytes:
        content, _ = rewritten(_tflite("float32", recommender, contexts))
        return packed(content, bits, dynamic)

    return Road(convert, "rbench")


ROADS: dict[Scheme, Road] = {
    "float32": _by_tflite("float32"),
    "float16": _by_tflite("float16"),
    "dynamic_wi8": _by_tflite("dynamic_wi8"),
    "weight_only_wi8": _by_packing(8, dynamic=False),
    "static_wi8_ai8": _by_tflite("static_wi8_ai8"),
    "static_wi8_ai16": _by_narrowing("static_wi8_ai16"),
    "dynamic_wi4": _by_packing(4, dynamic=True),
    "weight_only_wi4": _by_packing(4, dynamic=False),
}


DETOURS: dict[tuple[Scheme, str], Road] = {
    ("static_wi8_ai16", "SQUARED_DIFFERENCE"): _by_quantizer("static_wi8_ai16"),
}
"""Scheme, and an operator that no kernel runs as the scheme's road leaves it -> the road around it.
LiteRT lacks it in int16, and layer norms need it: ai-edge-quantizer leaves norms in float32."""


def convert_to_scheme(
    scheme: Scheme, recommender: Recommender, contexts: Ids, learnt: bool = False
) -> tuple[bytes, Shared, str]:
    """The finished file, what became of its item table, and which library quantized it.

    Args:
        contexts: int32 ``(n, length)`` to calibrate static schemes on.
        learnt: the model has fake quantization with learnt ranges, which go into the file.

    Raises:
        StageError: the converter gave up.
        Unsupported: no kernel runs what it wrote, see `rbench.cells.policy`.
    """
    road = _by_tflite("learnt") if learnt else ROADS[scheme]
    content = road.convert(recommender, contexts)
    for operator in take_census(content)[0]:
        if (scheme, operator) in DETOURS:
            road = DETOURS[scheme, operator]
            content = road.convert(recommender, contexts)
            break
    content, shared = rewritten(content)
    reason = file_objection(scheme, take_census(content)[0])
    if reason:
        raise Unsupported(reason)
    return content, shared, road.library
