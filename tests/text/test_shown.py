import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.testing.hostile import HOSTILE
from rbench.text import shown

ANY = st.text(st.characters(exclude_categories=[]))
"""Surrogates and controls too."""
ODD = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_calm(text):
    """Nothing in it does more than stand there, and no runner takes it for an order."""
    return not {unicodedata.category(letter) for letter in text} & ODD and "##[" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_every_hostile_string_is_one_calm_line(name):
    assert is_calm(shown.line(HOSTILE[name]))


@given(ANY)
def test_any_string_is_one_calm_line(text):
    said = shown.line(text)
    assert is_calm(said)
    assert len(said) <= shown.MOST
    assert shown.line(said) == said
    said.encode()


@given(ANY.filter(lambda text: not text.startswith(" ")), st.integers(100, 200))
def test_long_ones_lose_their_middle(text, most):
    long = text * (1 + 300 // max(len(text), 1))
    assert len(shown.line(long, most)) <= most


def test_known_answers():
    assert shown.line("gru x float32, Größe 3\N{NO-BREAK SPACE}µs") == (
        "gru x float32, Größe 3\N{NO-BREAK SPACE}µs"
    )
    assert shown.line("a\x1b[31m\u202eb") == r"a\x1b[31m\u202eb"
    assert shown.line("one\r\n\ttwo \u2028 three\n") == "one two three"
    assert shown.line(b"caf\xe9".decode("utf-8", "surrogateescape")) == r"caf\xe9"
    assert shown.line("\ud800\U000e0041") == r"\ud800\U000e0041"
    assert shown.line("###[error]x ##vso[y] ##notes") == "## #[error]x # #vso[y] ##notes"
    assert shown.line("x" * 5000).count("x") > 3900
    assert "(of 5,000 characters)" in shown.line("x" * 5000)
    assert shown.line(None) == "None"


def test_a_line_that_would_be_a_command_is_none():
    assert shown.uncommanded("a\n \x1b[31m ::error::b\nc::d") == "a\n \x1b[31m : :error::b\nc::d"
    assert shown.lines("a\x1b\n::error::b") == "a\\x1b\n: :error::b"


@given(ANY.filter(lambda text: not any(0xD800 <= ord(letter) < 0xE000 for letter in text)))
def test_json_keeps_every_value(text):
    document = json.dumps({text: [text]}, ensure_ascii=False)
    safe = shown.escaped_json(document)
    assert json.loads(safe) == {text: [text]}
    assert is_calm(safe)


def test_json_with_halves_of_characters_is_read_as_they_were():
    document = json.dumps(["a\udcff", "##[error]"], ensure_ascii=False)
    assert json.loads(shown.escaped_json(document)) == ["a\udcff", "##[error]"]
    assert "##" not in shown.escaped_json(document)


def test_what_no_document_can_hold_is_written_out():
    """An error of the system about a name that is no UTF-8 says it with halves of characters."""
    said = str(FileNotFoundError(2, "No such file", "a\udcff"))
    assert shown.cut("a\udcff\ud800é") == "a\\udcff\\ud800é"
    assert shown.cut(said).isascii()
    assert len(shown.cut("\ud800" * 10**5)) <= shown.MOST
