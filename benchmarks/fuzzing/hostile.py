"""Hostile strings, and how to tell that one of them reached a reader as more than text."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from rbench.testing.hostile import HOSTILE

MARK = "pwned"
"""Most hostile strings of this file carry it."""

STRINGS: tuple[str, ...] = (
    *HOSTILE.values(),
    f"\x1b]0;{MARK}\x07\x1b[31m",
    f"a\n::error title={MARK}::{MARK}",
    f"<img src=x onerror={MARK}()>",
    f"</script><script>{MARK}()</script>",
    f"=cmd|'/C {MARK}'!A0",
    f"x\r=cmd|'/C {MARK}'!A0",
    f"a\n+{MARK}",
    f"[/{MARK}]",
    f"|`{MARK}`|](javascript:{MARK}())",
    f"../../{MARK}",
    f"/{MARK}",
    MARK * 2000,
)

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS = re.compile("\r\n|[\n\r\u2028\u2029\x85]")


def in_text(text: str) -> str:
    """What is wrong with a text for a terminal or a CI log; empty where nothing is."""
    if found := _CONTROLS.search(text):
        return f"control character {found.group()!r} near {_near(text, found.start())}"
    for line in _LINE_ENDS.split(text):
        if line.lstrip().startswith("::"):
            return f"a workflow command of its own: {line[:80]!r}"
    return ""


def in_annotations(text: str) -> str:
    """What is wrong with GitHub annotations: lines that begin with ``::``, each of them ours."""
    ours = re.sub(
        rf"(?m)^::(?=(?:error|warning|notice) title=)(?!error title={MARK}::{MARK}$)", "", text
    )
    return in_text(ours)


def in_json(text: str) -> str:
    """What is wrong with a JSON document."""
    try:
        json.loads(text)
    except ValueError as error:
        return f"no JSON: {error}"
    return ""


def in_html(text: str) -> str:
    """What is wrong with a page."""
    page = _Page()
    page.feed(text)
    return page.found


def in_csv(text: str) -> str:
    """What is wrong with a table: rows that are torn, cells that a spreadsheet would run."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if len({len(row) for row in rows if row}) > 1:
        return f"rows of {sorted({len(row) for row in rows})} fields"
    for row in rows:
        for cell in row:
            if re.match(r"\s*[=+@]|\s*-(?![\d.]|inf)", cell):
                return f"a formula: {cell[:60]!r}"
    bare = re.sub(r'"(?:[^"]|"")*"', "", text)
    return "a carriage return outside quotes" if "\r" in bare.replace("\r\n", "\n") else ""


def in_junit(text: str) -> str:
    """What is wrong with a test report."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return f"no XML: {error}"
    strange = {element.tag for element in root.iter()} - _JUNIT
    return f"elements of its own: {sorted(strange)}" if strange else ""


_JUNIT = {"testsuites", "testsuite", "testcase", "failure", "error", "skipped"} | {
    *("system-out", "system-err", "properties", "property"),
}


class _Page(HTMLParser):
    """Looks for elements, handlers and links that only a hostile string can have brought."""

    def __init__(self) -> None:
        super().__init__()
        self.found = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            said = value or ""
            handler = name.startswith("on") and (MARK in said or "alert(" in said)
            if handler or said.strip().lower().startswith("javascript:"):
                self.found = f"<{tag} {name}={said[:60]!r}>"

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and data.strip().startswith((f"{MARK}(", "alert(")):
            self.found = f"a script of its own: {data[:60]!r}"


def _near(text: str, place: int) -> str:
    return ascii(text[max(0, place - 30) : place + 30])
