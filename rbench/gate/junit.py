"""A verdict as JUnit XML, which GitLab, Jenkins and others show beside a pull request."""

from __future__ import annotations

from xml.etree import ElementTree

from rbench.gate.verdict import Finding, Verdict
from rbench.text.shown import line


def junit(verdict: Verdict) -> str:
    """One test case a finding: what fails the gate is a failure; not comparable is skipped where
    the gate is not strict.
    """
    nothing = verdict.outcome == "nothing measured"
    suite = ElementTree.Element(
        "testsuite",
        name="rbench gate",
        tests=str(len(verdict.findings) + nothing),
        failures=str(sum(map(verdict.fails, verdict.findings))),
        errors=str(int(nothing)),
        skipped=str(0 if verdict.strict else verdict.count("not comparable")),
    )
    for finding in verdict.findings:
        _case(suite, finding, verdict.fails(finding))
    if nothing:
        case = ElementTree.SubElement(suite, "testcase", classname="gate", name="measured")
        ElementTree.SubElement(case, "error", message="nothing was measured or comparable")
    if verdict.notes:
        ElementTree.SubElement(suite, "system-out").text = "\n".join(
            f"note: {line(note)}" for note in verdict.notes
        )
    return _written(suite)


def junit_error(message: str) -> str:
    """One test case with an error, for a gate that could not work."""
    suite = ElementTree.Element(
        "testsuite", name="rbench gate", tests="1", failures="0", errors="1", skipped="0"
    )
    case = ElementTree.SubElement(suite, "testcase", classname="gate", name="usage")
    ElementTree.SubElement(case, "error", message=line(message)).text = line(message)
    return _written(suite)


def _written(suite: ElementTree.Element) -> str:
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, finding: Finding, fails: bool) -> None:
    name = f"{finding.check} ({finding.rule})" if finding.rule else finding.check
    case = ElementTree.SubElement(
        suite, "testcase", classname=line(finding.subject), name=line(name)
    )
    message = line(finding.message)
    if fails:
        ElementTree.SubElement(case, "failure", message=message).text = message
    elif finding.status == "not comparable":
        ElementTree.SubElement(case, "skipped", message=message)
    else:
        ElementTree.SubElement(case, "system-out").text = f"{finding.status}: {message}"
