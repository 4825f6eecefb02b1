"""The last step of a conversion: the same model in the smallest file that means the same."""

from __future__ import annotations

from rbench.convert.flatbuffer import pack, parse
from rbench.convert.sharing import Shared, share_item_table
from rbench.convert.tidying import tidy


def rewritten(content: bytes) -> tuple[bytes, Shared]:
    """A .tflite with one item table and nothing stored twice, and what became of the table.

    Where the table cannot be shared it stays as it is, and the result says why. Signature,
    metadata, operators and their order are the same; the same content gives the same bytes.

    Raises:
        ModelError: the content is no sound .tflite.
    """
    model = parse(content)
    shared = share_item_table(model)
    tidy(model)
    smaller = pack(model)
    parse(smaller)
    return smaller, shared
