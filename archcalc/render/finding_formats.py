"""Findings for machines: JSON, GitHub's annotations, SARIF 2.1.0."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from archcalc import __version__
from archcalc.rules.registry import GROUPS, RULES, rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.rules.base import Rule
    from archcalc.rules.engine.report import FileReport, Reported

SCHEMA_VERSION = 1
SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
ANNOTATIONS = {"error": "error", "warning": "warning", "info": "notice"}


def json_text(reports: "Sequence[FileReport]") -> str:
    """All findings as one document."""
    fixed: Counter[str] = Counter()
    for report in reports:
        fixed.update(report.fixed)
    document = {
        "schema_version": SCHEMA_VERSION,
        "checked": sum(report.is_spec for report in reports),
        "passed_over": sum(not report.is_spec for report in reports),
        "findings": [_record(found) for report in reports for found in report.findings],
        "suppressed": [
            {**_record(found), "reason": found.suppressed}
            for report in reports
            for found in report.suppressed
        ],
        "fixed": dict(sorted(fixed.items())),
    }
    return json.dumps(document, indent=1) + "\n"


def _record(found: "Reported") -> dict[str, object]:
    return {
        "file": found.place.file,
        "line": found.place.line,
        "column": found.place.column,
        "end_column": found.end,
        "code": found.code,
        "name": found.name,
        "severity": found.severity,
        "subject": found.subject,
        "message": found.message,
        "consequence": found.consequence,
        "hint": found.hint,
        "also": found.also,
        "fixable": found.fixable,
    }


def github_text(reports: "Sequence[FileReport]") -> str:
    """One annotation per finding, as GitHub's workflow commands have it."""
    return "".join(_annotation(found) for report in reports for found in report.findings)


def _annotation(found: "Reported") -> str:
    place = {"line": found.place.line, "col": found.place.column, "endColumn": found.end}
    given = {key: str(value) for key, value in place.items() if found.place.line}
    properties = {"file": _relative(found.place.file), **given, "title": f"{found.code} {found.name}"}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{ANNOTATIONS[found.severity]} {listed}::{_data(_sentences(found))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _sentences(found: "Reported") -> str:
    """Everything that is said, on lines of its own."""
    subject = f"{found.subject}: " if found.subject else ""
    return "\n".join(text for text in (f"{subject}{found.message}", found.consequence, found.hint) if text)


def _relative(file: str) -> str:
    """A path from the folder of the run, with slashes, where it is below it."""
    path = Path(file)
    here = Path.cwd()
    return (path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path).as_posix()


def sarif_text(reports: "Sequence[FileReport]") -> str:
    """A SARIF log with one run: all rules, the findings, and those that are suppressed in the specs."""
    driver = {
        "name": "archcalc",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_descriptor(rule) for rule in rules()],
    }
    results = [_result(found) for report in reports for found in _in_order(report)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _in_order(report: "FileReport") -> "Iterator[Reported]":
    yield from sorted((*report.findings, *report.suppressed), key=lambda found: (found.place, found.code))


def _descriptor(rule: "Rule") -> dict[str, object]:
    from archcalc.render.rule_pages import rule_page

    page = rule_page(rule)
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": f"{rule.why} {rule.instead}"},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": rule.severity != "info"},
        "properties": {"tags": [GROUPS[rule.code[:3]]]},
    }


def _result(found: "Reported") -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(found.place.file)}}
    if found.place.line:
        physical["region"] = {
            "startLine": found.place.line,
            "startColumn": found.place.column,
            "endColumn": found.end,
            "snippet": {"text": found.source},
        }
    location: dict[str, object] = {"physicalLocation": physical}
    if found.subject:
        location["logicalLocations"] = [{"fullyQualifiedName": found.subject}]
    result: dict[str, object] = {
        "ruleId": found.code,
        "ruleIndex": list(RULES).index(found.code),
        "level": LEVELS[found.severity],
        "message": {"text": _sentences(found)},
        "locations": [location],
    }
    if found.suppressed is not None:
        reason = {"justification": found.suppressed} if found.suppressed else {}
        result["suppressions"] = [{"kind": "inSource", **reason}]
    return result


def _uri(file: str) -> str:
    """A file as a URI reference: relative to the folder of the run where it is below it."""
    path = _relative(file)
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path)
