"""Checks one file: reads it, sees whether it is a spec, and makes the fixes that are asked for."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.cures.trying import UNUSED, Trials
from archcalc.errors import OF_ARCHCALC, Fault, Place, Problem, SpecError
from archcalc.loading import check
from archcalc.rules.engine.checking import Checked, check_document, judging, lines_of, untraceable
from archcalc.rules.engine.report import FileReport
from archcalc.rules.engine.targets import as_utf_8, is_yaml, looks_like_spec, may_be_spec
from archcalc.rules.selection import UNTRACEABLE
from archcalc.source import Document, document_of
from archcalc.source.files import bytes_of, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

    from archcalc.rules.engine.report import Reported
    from archcalc.rules.engine.targets import Task

    Fixes = Literal["none", "diff", "write"]


def check_file(task: "Task", fixes: "Fixes" = "none", *, helping: bool = True) -> FileReport:
    """Check one file; whatever is wrong with it ends in its report.

    Args:
        task: the file, and the rules.
        fixes: what becomes of fixes.
        helping: whether cures are tried, which a format without hints need not wait for.
    """
    document = _opened(task, "<stdin>" if task.source == "-" else task.source)
    if isinstance(document, FileReport):
        return document
    try:
        return _looked_at(task, document, fixes, helping=helping)
    except Exception as error:  # a fault of this program; the other files want their reports
        if isinstance(error, Fault) and task.given:
            raise  # what is given has no place in it
        return salvaged(document, task.active, error)


def _looked_at(task: "Task", document: Document, fixes: "Fixes", *, helping: bool) -> FileReport:
    if task.given:
        return _given(task, document, helping=helping)
    checked = check_document(document, task.active, helping=helping)
    if fixes == "none" or task.shipped or not checked.fixes:
        return _report(document.file, checked)
    return _fixed(task, document, checked, fixes, helping=helping)


def salvaged(document: Document, active: frozenset[str], error: Exception) -> FileReport:
    """What each rule finds by itself, where a fault of this program ended their run together."""
    reports: list[FileReport] = []
    broken: dict[str, list[str]] = {}
    try:
        judge = judging(check(document))  # once: a large network is slow to trace
    except SpecError:
        return _report(document.file, check_document(document, active & {UNTRACEABLE}))
    except Exception as own:  # noqa: BLE001  no rule can judge what cannot be traced
        return FileReport(document.file, findings=tuple(_faults(document.file, [_unjudged(_told(own))])))
    for code in sorted(active - {UNUSED}):
        try:
            reports.append(_report(document.file, judge(Trials(document, frozenset({code})))))
        except Exception as own:  # noqa: BLE001  which rules these are is what is asked
            broken.setdefault(_told(own), []).append(code)
    if broken and reports:
        faults = [f"{', '.join(codes)} did not judge this, {why}" for why, codes in broken.items()]
    else:
        faults = [_unjudged(why) for why in broken or [_told(error)]]
    found = [*_faults(document.file, faults), *(each for report in reports for each in report.findings)]
    return FileReport(
        document.file,
        findings=tuple(sorted(found, key=lambda each: (each.place, each.code))),
        suppressed=tuple(each for report in reports for each in report.suppressed),
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
    )


def killed(task: "Task") -> FileReport:
    """What is told of a file whose check was ended from outside, and again when it was checked alone."""
    fact = "the process that checked this was killed, and again when it checked nothing else"
    problem = Problem(Place(task.source), "", fact, "mostly there was too little memory: free some")
    return FileReport(
        task.source, findings=tuple(untraceable(SpecError([problem]), frozenset({UNTRACEABLE})))
    )


def _faults(file: str, facts: "Sequence[str]") -> "Iterator[Reported]":
    problems = [Problem(Place(file), "", fact, "report it with this file, please") for fact in facts]
    return untraceable(SpecError(problems), frozenset({UNTRACEABLE}))


def _unjudged(why: str) -> str:
    return f"this could not be judged, {why}"


def _told(error: Exception) -> str:
    return f"{OF_ARCHCALC}: {type(error).__name__}: {error}"


def _given(task: "Task", document: Document, *, helping: bool) -> FileReport:
    """The report of a spec that is checked with other values than it says.

    Raises:
        Fault: the command line names this file, and it has no place for what is given.
    """
    from archcalc.rules.engine.overriding import check_given

    result = check_given(document, task.active, task.given, helping=helping)
    for fact, hint in result.lacking.items() if task.named else ():
        raise Fault(f"{document.file}: {fact}", hint=hint)
    notes = [f"{document.file}: checked without {fact}" for fact in result.lacking]
    return replace(_noted(_report(document.file, result.checked), notes), lacking=tuple(result.lacking))


def _opened(task: "Task", file: str) -> Document | FileReport:
    """The document of a spec; the report of what cannot be read, or is none."""
    other, lines = FileReport(file, is_spec=False), ""
    meant = task.named or task.included
    readable = False
    try:
        content = _content(task, file)
        readable, text = True, as_utf_8(content)
        if not (meant or may_be_spec(text)):
            return other
        meant = meant or (is_yaml(file) and looks_like_spec(text))  # a README may quote a spec
        lines = content.decode(errors="replace") if text is content else ""  # UTF-16 is no line to show
        document = document_of(content, file)
    except SpecError as error:
        # Nobody knows what a file is that cannot be read: one that is called so may be a spec.
        if not (meant or (not readable and is_yaml(file))):
            return other
        return _report(file, Checked(list(untraceable(error, task.active, lines_of(lines, error)))))
    return document if meant or _is_spec(document) else other


def _content(task: "Task", file: str) -> bytes:
    try:
        return bytes_of(task.source)
    except (OSError, ValueError) as error:
        raise unreadable(error, file) from None


def _is_spec(document: Document) -> bool:
    data = document.data
    return isinstance(data, dict) and {"inputs", "layers"} <= cast("dict[str, object]", data).keys()


def _report(file: str, checked: Checked) -> FileReport:
    return FileReport(
        file,
        findings=tuple(checked.findings),
        suppressed=tuple(checked.suppressed),
        notes=tuple(checked.notes),
    )


def _fixed(
    task: "Task", document: Document, checked: Checked, fixes: "Fixes", *, helping: bool
) -> FileReport:
    """The report of a file whose fixes are made, in the file or as a difference."""
    from archcalc.rules.engine.fixing import fixed

    result = fixed(document, checked, task.active)
    before = _noted(_report(document.file, checked), result.notes)
    from archcalc.overwriting import overwrite
    from archcalc.rules.engine.patches import unified

    if fixes == "diff" and result.document is not document:
        try:
            return replace(before, diff=unified(document.text, result.document.text, document.file))
        except ValueError as error:
            return _noted(before, [f"{document.file}: no patch: {error}; --fix mends it in place"])
    if result.document is not document:
        try:
            overwrite(task.source, document.text, result.document.text)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            return _noted(before, [f"{document.file}: the fixes cannot be written: {reason}"])
    left = check_document(result.document, task.active, helping=helping)
    after = _noted(_report(document.file, left), result.notes)
    kept = tuple(replace(found, fixable=False) for found in after.findings)  # what could be mended is
    return replace(after, findings=kept, fixed=dict(result.fixed))


def _noted(report: FileReport, notes: "Sequence[str]") -> FileReport:
    return replace(report, notes=(*report.notes, *notes))
