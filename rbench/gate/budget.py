"""Budget files: TOML to `Limits`, and what is wrong with it in words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from rbench.errors import StudyError, choices
from rbench.gate.amounts import amount
from rbench.gate.documents import read_text
from rbench.gate.limits import Limits
from rbench.gate.rules import (
    CellRule,
    DelegationLimit,
    FileRule,
    LatencyLimit,
    LearningLimit,
    QualityLimit,
    Reference,
    SizeLimit,
    TapLimit,
)

T = TypeVar("T")

_TABLES: dict[str, type[msgspec.Struct]] = {
    "size": SizeLimit,
    "gzip": SizeLimit,
    "quality": QualityLimit,
    "latency": LatencyLimit,
    "reference": Reference,
    "delegation": DelegationLimit,
    "learning": LearningLimit,
    "tap": TapLimit,
}
"""Key of a table inside a rule -> what it may hold."""
_REMEDY = "see docs/gating.md"


def read_budget(path: Path) -> Limits:
    """The limits in a TOML file.

    Raises:
        StudyError: it cannot be read, is no TOML, has a key or a value that does not belong, or
            sets no limit; the message names the file, the key and what is allowed.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise StudyError(
            f"cannot read the budget: {error.strerror or error}", where=str(path)
        ) from error
    except ValueError as error:
        said = "no UTF-8 text" if isinstance(error, UnicodeError) else str(error)
        raise StudyError(said, where=str(path), allowed="a TOML file") from error
    return parse_budget(text, where=str(path))


def parse_budget(text: str, *, where: str = "budget") -> Limits:
    """The limits in a TOML text. Raises as `read_budget`."""
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise StudyError("no TOML: nested too deeply", where=where, remedy=_REMEDY) from error
    except ValueError as error:  # TOMLDecodeError, and a whole number of thousands of digits
        raise StudyError(f"no TOML: {error}", where=where, remedy=_REMEDY) from error
    cells = _rules(document, "cells", CellRule, where)
    files = _rules(document, "files", FileRule, where)
    plain = {key: value for key, value in document.items() if key not in ("cells", "files")}
    limits = _convert(plain, Limits, "", where)
    if not (cells or files or limits.max_size_bytes or limits.update_bytes):
        raise StudyError(
            "sets no limit",
            where=where,
            allowed="[[cells]], [[files]], max_size_bytes, update_bytes",
            remedy=_REMEDY,
        )
    return msgspec.structs.replace(limits, cells=cells, files=files)


def _rules(document: Mapping[str, Any], key: str, kind: type[T], where: str) -> tuple[T, ...]:
    tables = document.get(key, [])
    if not isinstance(tables, list):
        raise StudyError(
            f"{key} is no list of tables",
            where=f"{where}, key {key}",
            allowed=f"tables headed [[{key}]], with two brackets",
        )
    return tuple(
        _convert(table, kind, f"{key}[{number}]", where) for number, table in enumerate(tables)
    )


def _convert(document: Any, kind: type[T], place: str, where: str) -> T:
    try:
        return msgspec.convert(document, kind, dec_hook=amount)
    except msgspec.ValidationError as error:
        raise _explain(str(error), kind, place, where, document) from error


def _explain(message: str, kind: type, place: str, where: str, document: Any) -> StudyError:
    """A msgspec message such as ``Object contains unknown field `x` - at `$.size``` in words."""
    said, _, path = message.partition(" - at `")
    inside = path.rstrip("`").removeprefix("$").strip(".")
    if "[...]" in inside:  # a metric: msgspec names no key of a mapping
        inside = _metric(inside, document)
    key = ".".join(part for part in (place, inside) if part)
    head, _, allowed = said.partition("; allowed: ")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", head, re.DOTALL)
    if unknown:
        head = f"unknown key {unknown.group(1)!r}"
        allowed = choices(_fields(kind, inside))
    missing = re.fullmatch(r"Object missing required field `(.*)`", head)
    if missing:
        head = f"the key {missing.group(1)!r} is missing"
    typed = re.fullmatch(r"Expected `(.*)`, got `(.*)`", head)
    if typed:
        kinds = [kind for kind in typed.group(1).split(" | ") if kind != "null"]
        head = f"a value of type {typed.group(2)}"
        allowed = " or ".join(_WORDS.get(kind, kind) for kind in kinds)
    at = f"{where}, key {key}" if key else where
    return StudyError(head, where=at, allowed=allowed, remedy=_REMEDY)


_WORDS = {
    "object": "a table",
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
}


def _fields(kind: type, inside: str) -> tuple[str, ...]:
    last = re.sub(r"\[.*\]$", "", inside).split(".")[-1] if inside else ""
    found = _TABLES.get(last, kind)
    return tuple(field.name for field in msgspec.structs.fields(found))


def _metric(inside: str, document: Any) -> str:
    """The metric whose table is the first that does not convert."""
    for name, table in document.get("quality", {}).items():
        try:
            msgspec.convert(table, QualityLimit, dec_hook=amount)
        except msgspec.ValidationError:
            return inside.replace("[...]", f'["{name}"]', 1)
    return inside
