"""Findings for machines: JSON and GitHub's annotations; SARIF has a file of its own."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.rules.engine.report import FileReport, Reported

SCHEMA_VERSION = 1
ANNOTATIONS = {"error": "error", "warning": "warning", "info": "notice"}


def findings_json(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """All findings as one document."""
    kept = list(reports)
    document = {
        "schema_version": SCHEMA_VERSION,
        "checked": sum(report.is_spec for report in kept),
        "passed_over": sum(not report.is_spec for report in kept),
        "findings": [_record(found) for report in kept for found in report.findings],
        "suppressed": [
            {**_record(found), "reason": found.suppressed} for report in kept for found in report.suppressed
        ],
        "fixed": dict(sorted(sum((Counter(report.fixed) for report in kept), Counter[str]()).items())),
    }
    yield json_text(document)


def _record(found: "Reported") -> dict[str, object]:
    place = {"file": found.place.file, "line": found.place.line, "column": found.place.column}
    said = {key: getattr(found, key) for key in SAID}
    return {**place, "end_column": found.end, **said}


SAID = ("code", "name", "severity", "subject", "message", "consequence", "hint", "also", "fixable")


def findings_github(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """One annotation per finding, as GitHub's workflow commands have it."""
    return (_annotation(found) for report in reports for found in report.findings)


def _annotation(found: "Reported") -> str:
    place = {"line": found.place.line, "col": found.place.column, "endColumn": found.end}
    given = {key: str(value) for key, value in place.items() if found.place.line}
    properties = {"file": relative(found.place.file), **given, "title": f"{found.code} {found.name}"}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{ANNOTATIONS[found.severity]} {listed}::{_data(sentences(found))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sentences(found: "Reported") -> str:
    """Everything that is said, on lines of its own."""
    subject = f"{found.subject}: " if found.subject else ""
    return "\n".join(text for text in (f"{subject}{found.message}", found.consequence, found.hint) if text)


def relative(file: str) -> str:
    """A path from the folder of the run, with slashes, where it is below it."""
    path = Path(file)
    here = Path.cwd()
    return (path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path).as_posix()
