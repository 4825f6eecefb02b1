"""One ``user item`` a line, as used by SASRec and BERT4Rec: the order of lines is time."""

from __future__ import annotations

from pathlib import Path

from rbench.data import text
from rbench.data.log import Log
from rbench.data.rows import Shape, parse

SHAPE = Shape(
    format="user-item", columns=("user", "item"), line="'1 4711'", user=0, item=1, time=None
)


def read(path: Path) -> Log:
    """The two ids are any words without white space.

    Raises:
        DataError: a line is not two words.
    """
    return parse(path, text.fields(path, None, "utf-8-sig"), SHAPE)
