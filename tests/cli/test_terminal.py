"""What commands print with: hostile texts come out calm, on one line."""

import io
import json

import msgspec
import pytest

from rbench.cli.screen import USUAL, Screen, Table, words
from rbench.cli.terminal import document, json_document, json_lines, say
from rbench.testing.hostile import HOSTILE
from rbench.text.shown import odd

NAMES = pytest.mark.parametrize("name", HOSTILE)


def is_calm(text):
    return not any(odd(letter) for line in text.split("\n") for letter in line) and not any(
        line.lstrip().startswith("::") for line in text.split("\n")
    )


@NAMES
def test_a_line_is_a_line(name, capsys):
    say(HOSTILE[name])
    said = capsys.readouterr().out
    assert is_calm(said)
    assert said.count("\n") == 1


@NAMES
def test_a_screen_shows_what_is_there(name, capsys):
    text = HOSTILE[name]
    screen = Screen()
    screen.say(text, ("FAIL", "bold red"), f" {text}")
    screen.print(text)
    table = Table(title=text, caption=text)
    table.add_column(text)
    table.add_column("second", overflow="fold")
    table.add_row(text, words((text, "red"), "x"))
    screen.print(table)
    said = capsys.readouterr().out
    assert not any(odd(letter) for letter in said.replace("\n", ""))
    assert said.split("\n")[0].count("FAIL") == 1


def test_markup_is_text(capsys):
    Screen().say("[bold]x[/] o[/x] :smile:")
    assert capsys.readouterr().out == "[bold]x[/] o[/x] :smile:\n"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_document_is_utf_8_on_any_console(encoding, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", stream)
    say("\N{CHECK MARK}")
    document("\N{CHECK MARK}")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\u2713\n" + "\N{CHECK MARK}\n".encode()


@pytest.mark.parametrize("columns", ["0", "1", "19"])
def test_a_terminal_without_width_is_shown_all(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert Screen().width == USUAL


@NAMES
def test_a_document_says_the_very_same(name, capsysbinary):
    text = HOSTILE[name]
    json_document({"name": text, text: [text]})
    json_lines([{"name": text}, {"name": "second"}])
    said = capsysbinary.readouterr().out.decode()
    document, first, second = said[: said.index("\n}\n") + 3], *said.splitlines()[-2:]
    assert is_calm(said)
    if name != "surrogate":  # JSON has no halves of characters: they are written out
        assert json.loads(document) == {"name": text, text: [text]}
        assert json.loads(first) == {"name": text}
    assert json.loads(second) == {"name": "second"}


def test_a_path_that_is_not_unicode_is_written_out(capsysbinary):
    json_document({"path": "caf\udce9", "numbers": [1, float("nan")], "none": None})
    said = json.loads(capsysbinary.readouterr().out)
    assert said == {"path": "caf\\xe9", "numbers": [1, None], "none": None}


def test_amounts_come_out_as_numbers(capsysbinary):
    class Amount(float):
        pass

    json_document({"limit": Amount(0.5)}, enc_hook=float)
    assert msgspec.json.decode(capsysbinary.readouterr().out) == {"limit": 0.5}
