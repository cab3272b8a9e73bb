"""Findings as JUnit's XML: a suite for every spec, in which each finding is a test that failed."""

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from archcalc.printable import cleaned, guarded, one_line
from archcalc.render.addresses import page_address
from archcalc.render.finding_formats import fact, relative, sentences
from archcalc.render.findings import with_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.rules.engine.report import FileReport, Reported

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets)."""


def findings_junit(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """One document; what is suppressed or known is skipped, and a spec without findings has passed."""
    top = Element("testsuites", name="archcalc check")
    for report in reports:
        if report.is_spec:
            top.append(_suite(report))
    for count in ("tests", "failures", "skipped"):
        top.set(count, str(sum(int(suite.get(count, "0")) for suite in top)))
    indent(top)
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _suite(report: "FileReport") -> Element:
    file = _allowed(relative(report.file))
    skipped = [(found, found.suppressed or "suppressed") for found in report.suppressed]
    skipped += [(found, "known in the baseline") for found in report.known]
    tests = max(1, len(report.findings) + len(skipped))
    counts = {"tests": tests, "failures": len(report.findings), "errors": 0, "skipped": len(skipped)}
    suite = Element("testsuite", {"name": file, **{key: str(count) for key, count in counts.items()}})
    for found in report.findings:
        failure = {"type": found.code, "message": _allowed(fact(found))}
        SubElement(_case(suite, found, file), "failure", failure).text = _allowed(_body(found))
    for found, reason in skipped:
        SubElement(_case(suite, found, file), "skipped", message=_allowed(reason))
    if not len(suite):
        SubElement(suite, "testcase", name="no findings", classname=file, file=file)
    return suite


def _case(suite: Element, found: "Reported", file: str) -> Element:
    about = f" {one_line(found.subject)}" if found.subject else ""
    place = f"{found.place.line}:{found.place.column}{with_values(found)}"
    line = str(max(1, found.place.line))
    name = _allowed(f"{found.code} {found.name}:{about} at {place}")
    return SubElement(suite, "testcase", {"name": name, "classname": file, "file": file, "line": line})


def _body(found: "Reported") -> str:
    page = page_address(found.code)
    return "\n".join((f"{found.place}", sentences(found), *([page] if page else [])))


def _allowed(text: str) -> str:
    return FORBIDDEN.sub("\ufffd", guarded(cleaned(text)))
