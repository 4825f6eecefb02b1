"""Documents and bytes, made wrong in one to three places. Everything is drawn from one `Random`."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.fuzzing.hostile import STRINGS

Path = list[Any]


def odd_value(draw: Random) -> Any:
    """A value that hardly any key expects."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: None,
        lambda: draw.choice([0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30]),
        lambda: draw.choice([0.0, -0.5, 1e308, 1e-320, float("nan"), float("inf")]),
        lambda: draw.choice([True, False]),
        lambda: draw.choice(STRINGS),
        lambda: draw.choice(["", " ", "nan", "1e5", "true", "[]", "\ud800", "ü" * 50, "-"]),
        lambda: [],
        lambda: {},
        lambda: [odd_value(draw) for _ in range(draw.randint(1, 3))],
        lambda: {draw.choice(STRINGS): odd_value(draw)},
        lambda: _deep(draw.choice([5, 200, 3000])),
    )
    return draw.choice(makers)()


def document(value: Any, draw: Random) -> Any:
    """A copy of a JSON-like document with some of its nodes replaced, dropped, doubled, renamed;
    half of the copies keep their shape and only get other values of the same kind.
    """
    copy = json.loads(json.dumps(value))
    gentle = draw.random() < 0.5
    for _ in range(draw.randint(1, 3)):
        places = list(_places(copy, []))
        if not places:
            return odd_value(draw)
        *above, last = draw.choice(places)
        holder = copy
        for step in above:
            holder = holder[step]
        match 3 if gentle else draw.randrange(5):
            case 0 if isinstance(holder, dict):
                del holder[last]
            case 1 if isinstance(holder, dict):
                holder[draw.choice([*STRINGS, str(last).upper(), ""])] = holder.pop(last)
            case 2 if isinstance(holder, list):
                holder.insert(draw.randint(0, len(holder)), holder[last])
            case 3:
                holder[last] = _like(holder[last], draw)
            case _:
                holder[last] = odd_value(draw)
    return copy


def octets(content: bytes, draw: Random) -> bytes:
    """A copy of a file with bytes flipped, cut out, doubled, put in, or its end torn off; half of
    the copies keep their length.
    """
    made = bytearray(content)
    gentle = draw.random() < 0.5
    for _ in range(draw.randint(1, 4)):
        if not made:
            return bytes(made)
        start = draw.randrange(len(made))
        stop = min(len(made), start + draw.choice([1, 2, 4, 8, 64]))
        match draw.choice([0, 0, 4, 5]) if gentle else draw.randrange(7):
            case 0:
                made[start] ^= 1 << draw.randrange(8)
            case 1:
                del made[start:]
            case 2:
                del made[start:stop]
            case 3:
                made[start:start] = made[start:stop] * draw.choice([1, 2, 50])
            case 4:
                made[start:stop] = draw.randbytes(stop - start)
            case 5:
                made[start:stop] = draw.choice([b"\0", b"\xff", b"\x7f", b"\x80"]) * (stop - start)
            case _:
                made[start:start] = draw.choice(STRINGS).encode("utf-8", "surrogatepass")
    return bytes(made)


def json_text(value: Any) -> bytes:
    """JSON as a careless writer would write it: NaN, lone surrogates and all."""
    try:
        return json.dumps(value).encode("utf-8", "surrogatepass")
    except RecursionError:
        return b"[" * 100_000


def toml_text(value: dict[str, Any]) -> str:
    """A TOML document of tables one level deep, lists of tables, and inline values."""
    plain = {key: item for key, item in value.items() if not _is_table(item)}
    lines = [f"{_key(key)} = {_inline(item)}" for key, item in plain.items()]
    for key, item in value.items():
        if isinstance(item, dict) and _is_table(item):
            lines += [f"[{_key(key)}]", *(f"{_key(k)} = {_inline(v)}" for k, v in item.items())]
        elif _is_table(item):
            for table in item:
                lines.append(f"[[{_key(key)}]]")
                lines += [f"{_key(k)} = {_inline(v)}" for k, v in table.items()]
    return "\n".join(lines) + "\n"


def _is_table(item: Any) -> bool:
    if isinstance(item, dict):
        return True
    return bool(item) and isinstance(item, list) and all(isinstance(one, dict) for one in item)


def _inline(item: Any) -> str:
    if isinstance(item, list):
        return "[" + ", ".join(map(_inline, item)) + "]"
    if isinstance(item, dict):
        inner = ", ".join(f"{_key(key)} = {_inline(one)}" for key, one in item.items())
        return "{ " + inner + " }"
    if isinstance(item, float):
        return repr(item)
    return json.dumps("" if item is None else item)


def _key(key: Any) -> str:
    return json.dumps(str(key))


def _like(value: Any, draw: Random) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return draw.choice([value + 1, -value, value * 1000, 0])
        case float():
            return draw.choice([value * 2, -value, 0.0, value / 1000])
        case str():
            others = [value[::-1], value + "x", value[: len(value) // 2], value.upper()]
            return draw.choice([*others, value + draw.choice(STRINGS), value])
        case list():
            return draw.sample(value, len(value)) if draw.random() < 0.5 else value * 2
        case _:
            return value


def _places(value: Any, above: Path) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        place = [*above, key]
        yield place
        if isinstance(inner, dict | list) and len(place) < 12:
            yield from _places(inner, place)


def _deep(depth: int) -> Any:
    made: Any = 1
    for _ in range(depth):
        made = [made]
    return made
