"""A file that learns its user, at another pace: what trying rates needs."""

from __future__ import annotations

from rbench.convert.flatbuffer import pack, parse
from rbench.convert.learning import set_rates


def with_rates(content: bytes, rate: float, decay: float) -> bytes:
    """A copy of a file whose `update` takes steps of another length.

    Raises:
        ModelError: it has no such signature, or cannot be read.
    """
    model = parse(content)
    set_rates(model, rate, decay)
    return pack(model)
