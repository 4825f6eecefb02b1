"""Values that hold many: a user's items in one cell, or one sequence a line."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from typing import Any

from rbench.data.columns import LISTS, plain_name
from rbench.data.rows import Rows
from rbench.errors import DataError

_BETWEEN = re.compile(r"\s*[,;|]\s*|\s+")
_OPEN = {"[": "]", "(": ")", "{": "}"}


def looks_like_list(values: Sequence[str], name: str) -> bool:
    """Whether a column holds lists: in brackets, or typed so as RecBole does."""
    if name.endswith((":token_seq", ":float_seq")):
        return True
    if values and all(_OPEN.get(value[:1]) == value[-1:] for value in values if value):
        return True
    return plain_name(name) in LISTS and _holds_ids(values)


def _holds_ids(values: Sequence[str]) -> bool:
    """Whether values are ids with something between them: ``N12 N7``, not ``whole milk``."""
    words = [_BETWEEN.split(value.strip()) for value in values]
    return any(len(one) > 1 for one in words) and all(
        any(letter.isdigit() for letter in word) for one in words for word in one
    )


def literal(text: str) -> Any:
    """A value as Python writes it; what the compiler thinks of its style is not shown.

    Raises:
        ValueError, SyntaxError, MemoryError, RecursionError: it is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)


def elements(value: str) -> list[str]:
    """The elements of a list as text: ``[1, 2]``, ``['a', 'b']``, ``1 2``, ``1,2``.

    Raises:
        ValueError: brackets or quotes that do not close.
    """
    value = value.strip()
    closing = _OPEN.get(value[:1])
    if closing:
        if not value.endswith(closing):
            raise ValueError(value)
        if "'" in value or '"' in value:
            try:
                found = literal(value)
            except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
                raise ValueError(value) from error
            if any(isinstance(one, dict | list | tuple | set) for one in found):
                raise ValueError(value)  # objects in a list: which part of them is the item?
            return [str(one) for one in found]
        value = value[1:-1].strip()
    return _BETWEEN.split(value) if value else []


def exploded(rows: Rows, where: str, item: int, others: Sequence[int]) -> Rows:
    """One row for each element of a list.

    Args:
        others: further columns that hold lists of the same length.

    Raises:
        DataError: a value that is no list, or lists of unlike lengths.
    """
    for line, row in rows:
        try:
            columns = {at: elements(row[at]) for at in (item, *others) if at < len(row)}
        except ValueError as error:
            raise DataError(
                f"no list: {str(error)[:60]!r}",
                where=f"{where}, line {line}",
                allowed="values such as [1, 2, 3]",
            ) from error
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise DataError(
                f"lists of unlike lengths: {', '.join(map(str, sorted(lengths)))}",
                where=f"{where}, line {line}",
                allowed="as many times as items",
            )
        if not columns:
            yield line, row
            continue
        for at in range(lengths.pop()):
            one = list(row)
            for column, values in columns.items():
                one[column] = values[at]
            yield line, one
