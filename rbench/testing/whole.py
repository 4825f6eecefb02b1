"""The passes of a conversion on whole files, to look at each alone: read, one pass, written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rbench.convert.flatbuffer import Model, pack, parse
from rbench.convert.narrowing import narrow_item_table
from rbench.convert.packing import pack_weights
from rbench.convert.rewriting import ready_for_devices, share_and_tidy, written
from rbench.convert.sharing import Shared
from rbench.recipes.registered import schemes


def after(content: bytes, *passes: Callable[[Model], Any]) -> bytes:
    """A .tflite after these passes."""
    model = parse(content)
    for run in passes:
        run(model)
    return pack(model)


def rewritten(content: bytes) -> tuple[bytes, Shared]:
    """A .tflite with one item table and nothing stored twice, and what became of the table."""
    model = parse(content)
    shared = share_and_tidy(model)
    return written(model), shared


def packed(content: bytes, bits: int, dynamic: bool) -> bytes:
    """A float32 .tflite with its weights in few bits."""
    return after(content, lambda model: pack_weights(model, bits, dynamic))


def narrowed(content: bytes) -> bytes:
    """A .tflite whose item table, where the lookup reads int16, is int8."""
    return after(content, narrow_item_table)


def gpu_ready(content: bytes) -> bytes:
    """A .tflite that the GPU delegate can take."""
    return after(content, ready_for_devices)


def converted(scheme: str, recommender: Any, contexts: Any) -> bytes:
    """What a scheme makes of a `rbench.convert.export.Recommender`, without the last passes."""
    from rbench.convert.tflite import Exported

    return pack(schemes()[scheme].convert(Exported(recommender, contexts)).model)
