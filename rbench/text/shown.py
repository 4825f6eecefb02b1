"""What people and their terminals are shown of texts that strangers wrote.

Names, paths and reasons come from files, logs and plug-ins. Shown as they are, they could move a
cursor, turn the reading direction round, begin a line of their own in a log, or order a CI service
about. Everything that rbench shows goes through `line`, or through `escaped_json` where it must
stay the very same value for a program.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

MOST = 4000
"""Characters of one line; a path of the longest kind fits."""
_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
"""What ends a line somewhere, and tabs."""
_ORDERS = re.compile(r"##(?=\[|\w+\[)")
"""How a line orders Azure's, GitHub's old and TeamCity's runners about, wherever it stands in it:
``##[error]``, ``##vso[task.complete]``, ``##teamcity[testFailed]``."""
_COMMAND = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:)", re.MULTILINE)
"""How a line begins that orders GitHub's runner about; blanks before it are no hindrance.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""
_HALF = re.compile("[\ud800-\udfff]")
_JSON_LETTERS = re.compile(r"[^\x20-\x7e\n]|##")


def line(text: object, most: int = MOST) -> str:
    r"""A text on one line, with nothing in it that a terminal, a log or a reader obeys.

    Line breaks and tabs become a space. Control characters, marks of direction, invisible ones and
    halves of characters (bytes of a path that is not UTF-8) become visible: ``\x1b``, ``\u202e``.
    What is longer than ``most`` characters loses its middle, and says so.
    """
    known = str(text)
    if len(known) <= most:
        clean = _clean(known)
        if len(clean) <= most:
            return clean
    note = f" … (of {len(known):,} characters) … "
    tail = most // 4
    head = _clean(known[:most])[: most - tail - len(note)]
    return head + note + _clean(known[-most:])[-tail:]


def cut(text: str, most: int = MOST) -> str:
    """A text as it is; what is longer than ``most`` characters loses its middle, and says so.

    Halves of characters, which no document can hold, are written out: a name that is no UTF-8 has
    some, and so may what an exception says of it.
    """
    text = text.encode("utf-8", "backslashreplace").decode()
    if len(text) <= most:
        return text
    note = f" … (of {len(text):,} characters) … "
    tail = most // 4
    return text[: most - tail - len(note)] + note + text[-tail:]


def lines(text: str) -> str:
    """A text whose line breaks are meant, each of its lines as `line` gives it."""
    return "\n".join(uncommanded(line(one)) for one in text.split("\n"))


def visible(text: str) -> str:
    """A text whose odd characters are written out; line breaks are odd too."""
    if text.isprintable():
        return text
    return "".join(_written(letter) if odd(letter) else letter for letter in text)


def odd(letter: str) -> bool:
    """Whether a character does more than stand there: it controls, turns or hides something."""
    return not letter.isprintable() and unicodedata.category(letter) != "Zs"


def uncommanded(text: str) -> str:
    """A text no line of which begins as a workflow command of GitHub does."""
    return _COMMAND.sub(r"\1: ", text) if "::" in text else text


def json_text(
    value: Any, enc_hook: Callable[[Any], Any] | None = None, *, indented: bool = False
) -> str:
    """A value as JSON that can be shown: as `escaped_json` has it, NaN and infinities as null.

    Halves of characters (a path that is not UTF-8) are written out: JSON has no word for them.
    """
    import msgspec  # late: the command line's frame needs none of it

    try:
        text = msgspec.json.encode(value, enc_hook=enc_hook)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_whole(msgspec.to_builtins(value, enc_hook=enc_hook)))
    return escaped_json((msgspec.json.format(text) if indented else text).decode())


def each(value: Any, change: Callable[[str], str]) -> Any:
    """A value of plain types with every text in it changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {each(key, change): each(one, change) for key, one in value.items()}
    return [each(one, change) for one in value] if isinstance(value, list | tuple) else value


def escaped_json(document: str) -> str:
    r"""The same JSON document, its odd characters written as ``\u…``: every value stays itself."""
    if document.isascii() and "##" not in document and "\x7f" not in document:
        return document
    return _JSON_LETTERS.sub(_json_letter, document)


def _clean(text: str) -> str:
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    first, *others = _BREAKS.split(text)
    known = " ".join(filter(None, (one.strip(" ") for one in (first, *others)))) if others else text
    return _ORDERS.sub("# #", visible(known))


def _whole(value: Any) -> Any:
    return each(value, lambda text: _HALF.sub(lambda found: _written(found[0]), text))


def _json_letter(found: re.Match[str]) -> str:
    letter = found[0]
    if letter == "##":
        return "#\\u0023"
    if not odd(letter):
        return letter
    units = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _written(letter: str) -> str:
    number = ord(letter)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that was no UTF-8, as Python carries it in a path
        return f"\\x{number - 0xDC00:02x}"
    return ascii(letter)[1:-1]
