"""JSON: one object a line, one array of objects, or objects as Python writes them (Steam)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from rbench.data import dialect as dialects
from rbench.data import lists, text
from rbench.data.columns import Header, Picked, clipped, pick
from rbench.data.csv_table import Part
from rbench.data.log import Log
from rbench.data.rows import Rows, Shape, parse
from rbench.data.settings import AUTO, DataSettings
from rbench.errors import DataError
from rbench.records import Reading
from rbench.text.twice import twice_in

Objects = Iterator[tuple[int, Mapping[str, Any]]]
HEAD = 50
OBJECTS = 'objects such as {"user": 1, "item": 2, "timestamp": 3}'
MOST_ARRAY_BYTES = 1 << 30
WHOLE_LOOKED_AT = 1 << 20
"""Characters of an array in which every object is looked at for keys that stand twice."""


def looks_so(line: str) -> bool:
    """Whether a file that begins with this line is JSON."""
    start = "".join(line.split())[:3]
    return start.startswith(('{"', "{'", "{u'", "[{", "{}")) or start in ("[", "{")


def is_array(line: str) -> bool:
    """Whether a line is an array of anything but objects."""
    start = "".join(line.split())[:2]
    if start == "[[":
        return True
    if not start.startswith("["):
        return False
    try:
        return isinstance(msgspec.json.decode(line), list)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False


def no_names(path: Path) -> DataError:
    """The error where values stand without names."""
    return DataError(
        "JSON arrays, without names for their values",
        where=str(path),
        allowed=OBJECTS,
        remedy="name them, as with pandas: pd.DataFrame(rows, columns=['user', 'item', "
        "'timestamp']).to_parquet('log.parquet')",
    )


def _objects_in(values: Sequence[Any]) -> bool:
    return bool(values) and isinstance(values[0], dict)


def _refuse_columns(head: Sequence[Mapping[str, Any]], path: Path) -> None:
    """One object that holds a whole table, by users or by columns.

    Raises:
        DataError: it does.
    """
    values = list(head[0].values()) if len(head) == 1 else []
    if len(values) < 2:
        return
    if all(isinstance(value, list) and not _objects_in(value) for value in values):
        what, how = "lists", 'one object a user: {"user": 1, "items": [2, 3]}'
    elif all(isinstance(value, dict) and len(value) > 1 for value in values):
        what, how = "objects", "rows, as with pandas: pd.read_json(…).to_parquet('log.parquet')"
    else:
        return
    raise DataError(
        f"one object of {len(values):,} {what}: a table by columns, or users by name?",
        where=str(path),
        allowed=OBJECTS,
        remedy=f"write {how}",
    )


def read(parts: Sequence[Part], settings: DataSettings, reading: Reading) -> Log:
    """Any such file; several are read as its parts.

    Raises:
        DataError: no JSON, no such keys, or a value that is not right.
    """
    path, folders = parts[0]
    head = [found for _, found in islice(_objects(path, reading.encoding), HEAD)]
    if not head:
        raise DataError("the log is empty", where=str(path), allowed="a JSON object a line")
    if settings.user_column == AUTO:
        _refuse_columns(head, path)
    inner = _inner(head, settings, path)
    flat = [row for one in head for row in _rows_of(one, inner)]
    names = list(dict.fromkeys(name for row in flat for name in row))
    names += [name for name, _ in folders if name not in names]
    extra = dict(folders)

    def column(at: int) -> list[str]:
        found = (extra.get(names[at], row.get(names[at])) for row in flat)
        return [shown for shown in map(_text, found) if shown.strip()][:HEAD]

    def is_list(at: int) -> bool:
        return lists.looks_like_list(column(at), names[at])

    picked = pick(
        Header(names, str(path)),
        settings,
        is_time=lambda at: "time" if is_list(at) else dialects.kind_of(column(at)),
        is_list=is_list,
    )
    used = picked.used
    moved = {at: place for place, at in enumerate(used)}
    shape = Shape(
        columns=tuple(names[at] for at in used), line="the first", picked=_moved(picked, moved)
    )
    keys = [names[at] for at in used]
    spread = is_list(picked.item)
    others = [at for at in (picked.time, *picked.beside) if at is not None]
    several = [moved[at] for at in others if spread and is_list(at)]

    def rows(part: Part) -> Rows:
        place, values = part
        own = dict(values)
        for line, one in _objects(place, reading.encoding):
            for row in _rows_of(one, inner):
                yield line, [_text(own[key] if key in own else row.get(key)) for key in keys]

    def every(part: Part) -> Rows:
        found = rows(part)
        if not spread:
            return found
        return lists.exploded(found, str(part[0]), moved[picked.item], several)

    if inner:
        note = f"each element of {inner!r} is read as an interaction"
        reading = msgspec.structs.replace(reading, notes=(*reading.notes, note))
    return parse(((part[0], every(part)) for part in parts), shape, settings, reading)


def _moved(picked: Picked, places: Mapping[int, int]) -> Picked:
    def at(place: int | None) -> int | None:
        return None if place is None else places[place]

    return Picked(
        user=places[picked.user],
        item=places[picked.item],
        time=at(picked.time),
        clock=at(picked.clock),
        rating=at(picked.rating),
        keep=tuple((places[place], values) for place, values in picked.keep),
        notes=picked.notes,
        beside=tuple(places[place] for place in picked.beside),
    )


def _inner(head: Sequence[Mapping[str, Any]], settings: DataSettings, path: Path) -> str:
    """The key whose value is a list of interactions, where objects hold them so."""
    for key, value in head[0].items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            try:
                pick(Header(list(_flat(head[0])), str(path)), settings)
            except DataError:
                return key
    return ""


def _rows_of(one: Mapping[str, Any], inner: str) -> list[dict[str, Any]]:
    if not inner:
        return [_flat(one)]
    around = {key: value for key, value in _flat(one).items() if key != inner}
    elements = one.get(inner) or []
    return [{**around, **_flat(element)} for element in elements if isinstance(element, dict)]


def _flat(one: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, Any]:
    """Objects within objects as ``outer.inner``."""
    found: dict[str, Any] = {}
    for key, value in one.items():
        if isinstance(value, dict) and value and depth < 3:
            found |= _flat(value, f"{before}{key}.", depth + 1)
        else:
            found[f"{before}{key}"] = value
    return found


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value)


def _objects(path: Path, encoding: str) -> Objects:
    """The objects of a file and the lines that they stand on."""
    with text.opened(path, encoding) as file:
        lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        first = next(lines, None)
        if first is None:
            return
        if first[1].lstrip().startswith("[") or first[1].strip() == "{":
            whole = first[1] + file.read(MOST_ARRAY_BYTES)
            if len(whole) < WHOLE_LOOKED_AT:
                _refuse_twice(whole, path, 1)
            for number, one in enumerate(_array(whole, path), 1):
                yield number, _object(one, path, number)
            return
        decode = _decoder(first[1])
        for number, line in chain((first,), lines):
            if number <= HEAD:
                _refuse_twice(line, path, number)
            yield number, _decoded(decode, line, path, number)


def _decoder(line: str) -> Any:
    """JSON, or Python's way of writing it."""
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        try:
            if isinstance(lists.literal(line.strip()), dict):
                return lambda text: lists.literal(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            pass
    return msgspec.json.decode


def _refuse_twice(text: str, path: Path, number: int) -> None:
    """Which of two values under one key is meant, nobody could see. Only beginnings are looked at.

    Raises:
        DataError: an object has one.
    """
    if key := twice_in(text):
        raise DataError(
            f"the key {clipped(key)!r} stands twice in one object",
            where=f"{path}, line {number}",
            allowed=OBJECTS,
        )


def _decoded(decode: Any, line: str, path: Path, number: int) -> Mapping[str, Any]:
    try:
        return _object(decode(line), path, number)
    except (msgspec.DecodeError, ValueError, SyntaxError, MemoryError, RecursionError) as error:
        what = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            f"not JSON: {what}",
            where=f"{path}, line {number}",
            allowed="one JSON object a line, or one array of objects",
        ) from error


def _array(whole: str, path: Path) -> list[Any]:
    try:
        found = msgspec.json.decode(whole)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise DataError(
            f"not JSON: {error}", where=str(path), allowed="one array of objects"
        ) from error
    if isinstance(found, dict):  # {"interactions": [ … ]}
        held = [v for v in found.values() if isinstance(v, list) and v]
        found = next((v for v in held if isinstance(v[0], dict)), [found])
    return list(found)


def _object(one: Any, path: Path, number: int) -> Mapping[str, Any]:
    if not isinstance(one, dict):
        raise DataError(
            f"no object: {clipped(str(one), 40)!r}",
            where=f"{path}, line {number}",
            allowed=OBJECTS,
        )
    return one
