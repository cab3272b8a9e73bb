"""Findings as a SARIF 2.1.0 log."""

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from archcalc import __version__
from archcalc.render.addresses import page_address
from archcalc.render.emit import json_text
from archcalc.render.finding_formats import relative, sentences
from archcalc.rules.registry import GROUPS, RULES, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.rules.base import Rule
    from archcalc.rules.engine.report import FileReport, Reported

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MAX_SNIPPET = 1000
"""Characters of a line that is shown; a longer one, with many findings on it, would be there for each."""
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def findings_sarif(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """A log with one run: all rules, the findings, and those that are suppressed in the specs or known."""
    results = [_result(found, report) for report in reports for found in _in_order(report)]
    driver = {
        "name": "archcalc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_descriptor(rule) for rule in rules()],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    yield json_text({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _in_order(report: "FileReport") -> "Iterator[Reported]":
    found = (*report.findings, *report.suppressed, *report.known)
    yield from sorted(found, key=lambda each: (each.place, each.code))


def _descriptor(rule: "Rule") -> dict[str, object]:
    from archcalc.render.rule_pages import rule_page

    page, address = rule_page(rule), page_address(rule.code)
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": f"{rule.why} {rule.instead}"},
        "help": {"text": page, "markdown": page},
        **({"helpUri": address} if address else {}),
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": rule.severity != "info"},
        "properties": {"tags": [GROUPS[rule.code[:3]]]},
    }


def _result(found: "Reported", report: "FileReport") -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(found.place.file)}}
    if found.place.line:
        physical["region"] = {
            "startLine": found.place.line,
            "startColumn": found.place.column,
            "endColumn": found.end,
            **({"snippet": {"text": found.source}} if len(found.source) <= MAX_SNIPPET else {}),
        }
    location: dict[str, object] = {"physicalLocation": physical}
    if found.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": found.subject}]
    result: dict[str, object] = {
        "ruleId": found.code,
        "ruleIndex": list(RULES).index(found.code),
        "level": LEVELS[found.severity],
        "message": {"text": sentences(found)},
        "locations": [location],
    }
    if found.suppressed is not None:
        reason = {"justification": found.suppressed} if found.suppressed else {}
        result["suppressions"] = [{"kind": "inSource", **reason}]
    if found in report.known:
        result["suppressions"] = [{"kind": "external", "justification": "known in the baseline"}]
    return result


def _uri(file: str) -> str:
    """A file as a URI reference: relative to the folder of the run where it is below it."""
    path = relative(file)
    return Path(path).as_uri() if Path(path).is_absolute() else quote(os.fsencode(path))
