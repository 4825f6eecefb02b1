"""Whatever a name or a reason holds, a gate's output is whole and orders nobody about."""

import io
import json
from xml.etree import ElementTree

import pytest

from rbench.cli.gate_view import FORMATS, show, show_error
from rbench.gate import Finding, Verdict
from rbench.gate.markdown import escaped
from rbench.testing.hostile import HOSTILE
from rbench.text.shown import line, odd

NAMES = pytest.mark.parametrize("name", HOSTILE)
COMMANDS = ("error", "warning", "notice")


def verdict_of(text):
    def finding(status, number=None):
        return Finding(
            status=status,
            subject=text,
            check=f"{text} growth",
            message=text,
            number=number,
            limit=None if number is None else 1000,
            margin=None if number is None else 1000 - number,
            unit="us",
            rule=text,
        )

    return Verdict(
        findings=(
            finding("fail"),
            finding("fail", 1200),
            finding("warn", 999),
            finding("not comparable"),
            finding("pass", 1),
        ),
        notes=(text, text),
    )


@pytest.fixture
def printed(capsysbinary):
    def printed(kind, text):
        show(verdict_of(text), kind, {"run": text, "limits": {text: text}})
        return capsysbinary.readouterr().out.decode()

    return printed


def is_calm(said):
    return not any(odd(letter) for letter in said.replace("\n", "")) and "##[" not in said


@NAMES
@pytest.mark.parametrize("kind", FORMATS)
def test_no_format_is_taken_for_an_order(kind, name, printed):
    said = printed(kind, HOSTILE[name])
    assert is_calm(said)
    begins = [one.lstrip().partition(" ")[0] for one in said.splitlines()]
    commands = [one for one in begins if one.startswith("::")]
    assert len(commands) == (4 if kind == "github" else 0)
    assert set(commands) <= {f"::{word}" for word in COMMANDS}


@pytest.mark.slow
@NAMES
def test_a_narrow_table_begins_no_line_with_a_command(name, printed, monkeypatch):
    for columns in ("20", "23", "40", "61"):
        monkeypatch.setenv("COLUMNS", columns)
        said = printed("table", HOSTILE[name])
        assert not [one for one in said.splitlines() if one.lstrip().startswith("::")]


@NAMES
def test_junit_is_xml_that_says_the_same(name, printed):
    suite = ElementTree.fromstring(printed("junit", HOSTILE[name]))
    cases = list(suite.iter("testcase"))
    assert len(cases) == 5
    said = line(HOSTILE[name])
    assert {case.get("classname") for case in cases} == {said}
    assert cases[0].find("failure").get("message") == said
    assert (cases[0].find("failure").text or "") == said


@NAMES
def test_json_says_the_very_same(name, printed):
    document = json.loads(printed("json", HOSTILE[name]))
    if name != "surrogate":
        assert document["findings"][0]["subject"] == HOSTILE[name]
        assert document["limits"] == {HOSTILE[name]: HOSTILE[name]}


@NAMES
def test_a_row_of_markdown_stays_a_row(name, printed):
    said = printed("markdown", HOSTILE[name])
    rows = [one for one in said.splitlines() if one.startswith("|")]
    assert len(rows) == 2 * 2 + 5
    for row in rows[2:4]:
        assert row.replace("\\\\", "").replace("\\|", "").count("|") == 8
    for sign in ("<script", "<img", "<b", "](", "`", "://", "<!--"):
        assert sign not in said.replace("\\]", "").replace("\\`", "").replace("<details>", ""), sign


@NAMES
@pytest.mark.parametrize("kind", FORMATS)
def test_an_error_is_as_calm(kind, name, capsysbinary):
    show_error(HOSTILE[name], kind)
    said = capsysbinary.readouterr().out.decode()
    assert is_calm(said)
    lines = [one for one in said.splitlines() if one.lstrip().startswith("::")]
    assert len(lines) == (kind == "github")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("kind", FORMATS)
def test_documents_are_utf_8_on_any_console(kind, encoding, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    monkeypatch.setattr("sys.stdout", stream)
    show(verdict_of("gru \N{MULTIPLICATION SIGN} \N{CHECK MARK}"), kind, {"run": None})
    stream.flush()
    said = stream.buffer.getvalue()
    if kind != "table":
        text = said.decode()
        json_form = "\\u2713" if kind == "json" else "\N{CHECK MARK}"
        assert "\N{CHECK MARK}" in text or json_form in text
    if kind == "markdown":
        assert "❌ fail" in said.decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gru x float32", "gru x float32"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("1. a", r"1\. a"),
        ("1.5 ms", "1.5 ms"),
        ("-3 %", "-3 %"),
        ("---", r"\---"),
        ("http://a.example www.b.example", "http&#58;//a.example www&#46;b.example"),
        ("[a](b)", r"\[a\](b)"),
        ("cost $x$", r"cost \$x\$"),
        ("@all a@b", "&#64;all a@b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("a\\|b", r"a\\\|b"),
    ],
)
def test_markdown_known_answers(text, shown):
    assert escaped(text) == shown
