"""Markdown, JUnit and GitHub: whole, and nothing in a name breaks out of them."""

from xml.etree import ElementTree

import msgspec
import pytest

from rbench.gate import Finding, Verdict
from rbench.gate.github import github
from rbench.gate.junit import junit
from rbench.gate.markdown import markdown

HOSTILE = "<script>|`*x*`@you %0A::error::\n::set-env\x00\x1b[31m & ]]>"


def finding(status, subject="gru x float32", number=None, **more):
    return Finding(
        status=status,
        subject=subject,
        check="size",
        message=f"about {subject}",
        number=number,
        limit=None if number is None else 1000,
        margin=None if number is None else 1000 - number,
        unit="bytes",
        rule="cells[0]",
        **more,
    )


@pytest.fixture
def verdict():
    return Verdict(
        findings=(
            finding("fail", number=1200),
            finding("warn", "cnn x float32", 999),
            finding("not comparable", "bow x float32"),
            finding("pass", "lstm x float32", 10),
        ),
        notes=("2 of 8 cells are unsupported",),
    )


def test_markdown(verdict):
    text = markdown(verdict, "runs/mine")
    assert text.startswith("### rbench gate of runs/mine: fail\n")
    assert "| ❌ fail | gru x float32 | size | 1,200 bytes | 1,000 bytes | -200 bytes |  |" in text
    assert "<details><summary>1 more</summary>" in text
    assert "- 2 of 8 cells are unsupported" in text
    loud, calm = text.split("<details>")
    assert "cnn" in loud
    assert "bow" in loud
    assert "lstm" in calm


def test_junit(verdict):
    suite = ElementTree.fromstring(junit(verdict))
    assert [suite.get(key) for key in ("tests", "failures", "skipped")] == ["4", "2", "0"]
    cases = list(suite.iter("testcase"))
    assert cases[0].find("failure").get("message") == "about gru x float32"
    assert cases[2].find("failure") is not None
    assert cases[0].get("name") == "size (cells[0])"


def test_github(verdict):
    lines = github(verdict).splitlines()
    assert lines[0] == "::error title=gru x float32%3A size::about gru x float32"
    assert lines[1].startswith("::warning ")
    assert lines[2].startswith("::error ")
    assert lines[-1] == "gate: fail (1 failed, 1 warned, 1 passed, 1 not comparable)"
    assert not any("lstm" in line for line in lines)


def test_what_cannot_be_compared_is_quiet_where_the_gate_is_not_strict(verdict):
    lenient = msgspec.structs.replace(verdict, strict=False)
    assert "<details><summary>2 more</summary>" in markdown(lenient)
    suite = ElementTree.fromstring(junit(lenient))
    assert [suite.get(key) for key in ("tests", "failures", "skipped")] == ["4", "1", "1"]
    assert suite.findall("testcase")[2].find("skipped") is not None
    assert github(lenient).splitlines()[2].startswith("::notice ")


def test_nothing_measured_is_an_error_everywhere():
    nothing = Verdict(findings=())
    assert "nothing measured" in markdown(nothing)
    assert ElementTree.fromstring(junit(nothing)).find("testcase/error") is not None
    assert "::error title=rbench gate::nothing was measured or comparable" in github(nothing)


def test_hostile_names():
    bad = Verdict(findings=(finding("fail", HOSTILE), finding("warn", HOSTILE, 5)))
    text = markdown(bad, HOSTILE)
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    for row in rows[2:]:
        assert row.replace("\\|", "").count("|") == 8
    cases = list(ElementTree.fromstring(junit(bad)).iter("testcase"))
    assert len(cases) == 2
    lines = github(bad).splitlines()
    assert [line.partition(" ")[0] for line in lines[:2]] == ["::error", "::warning"]
    assert not any(line.startswith("::set-env") for line in lines)


def test_a_comment_has_an_end():
    many = tuple(finding("fail", f"encoder-{number} x float32", 1200) for number in range(600))
    text = markdown(Verdict(findings=many))
    assert len(text) < 65_536
    assert "… and 450 more" in text
