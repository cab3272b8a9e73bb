"""Findings for machines: JSON, and what GitHub and GitLab read; SARIF and JUnit have files of their own."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.printable import cleaned, one_line
from archcalc.render.addresses import page_address
from archcalc.render.emit import json_text
from archcalc.render.findings import also_words, with_values
from archcalc.rules.engine.baseline import identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.rules.engine.report import FileReport, Reported

SCHEMA_VERSION = 1
GITLAB = {"error": "critical", "warning": "minor", "info": "info"}
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
        "known": [_record(found) for report in kept for found in report.known],
        "fixed": dict(sorted(sum((Counter(report.fixed) for report in kept), Counter[str]()).items())),
    }
    yield json_text(document)


def _record(found: "Reported") -> dict[str, object]:
    place = {"file": found.place.file, "line": found.place.line, "column": found.place.column}
    said = {key: getattr(found, key) for key in SAID}
    cures = [{"words": cure.words, "patch": list(cure.patch)} for cure in found.cures]
    more = {"cures": cures, "values": list(found.values), "page": page_address(found.code)}
    return {**place, "end_column": found.end, **said, **more}


SAID = ("code", "name", "severity", "subject", "message", "consequence", "hint", "also", "fixable")


def findings_gitlab(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """A code quality report of GitLab: one list, in which every fingerprint is there once."""
    seen = Counter[tuple[str, ...]]()
    issues: list[dict[str, object]] = []
    for found in (found for report in reports for found in report.findings):
        who = identity(found, relative(found.place.file))
        issues.append(_issue(found, who.file, (*who, str(seen[who]))))
        seen[who] += 1
    yield json_text(issues)


def _issue(found: "Reported", file: str, who: tuple[str, ...]) -> dict[str, object]:
    from hashlib import sha256

    page = page_address(found.code)
    body = [sentences(found), *([page] if page else [])]
    return {
        "description": f"{found.code} {found.name}: {fact(found)}",
        "check_name": found.code,
        "fingerprint": sha256("\0".join(who).encode(errors="replace")).hexdigest(),
        "severity": GITLAB[found.severity],
        "location": {"path": file, "lines": {"begin": max(1, found.place.line)}},
        "content": {"body": "\n\n".join(body)},
    }


def findings_github(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """One annotation per finding, as GitHub's workflow commands have it."""
    return (_annotation(found) for report in reports for found in report.findings)


def _annotation(found: "Reported") -> str:
    place = {"line": found.place.line, "col": found.place.column, "endColumn": found.end}
    given = {key: str(value) for key, value in place.items() if found.place.line}
    properties = {
        "file": one_line(relative(found.place.file)),
        **given,
        "title": f"{found.code} {found.name}",
    }
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    page = page_address(found.code)
    # A file of the machine that ran the check is nothing to those who read its annotations.
    said = f"{sentences(found)}\n{page}" if page.startswith("http") else sentences(found)
    return f"::{ANNOTATIONS[found.severity]} {listed}::{_data(said)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sentences(found: "Reported") -> str:
    """Everything that is said, on lines of its own, without what a terminal would obey."""
    return cleaned("\n".join(text for text in (fact(found), found.consequence, found.hint) if text))


def fact(found: "Reported") -> str:
    """What is wrong with what, and for which values."""
    subject = f"{one_line(found.subject)}: " if found.subject else ""
    others = also_words(found) if found.others else ""
    return cleaned(f"{subject}{found.message}{others}{with_values(found)}")


def relative(file: str) -> str:
    """A path from the folder of the run, with slashes, where it is below it."""
    path = Path(file)
    here = Path.cwd()
    return (path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path).as_posix()
