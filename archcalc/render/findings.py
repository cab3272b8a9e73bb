"""Findings for a person: place, severity, the line with a caret, what comes of it, how to mend it."""

import os
import re
import sys
from collections import Counter
from typing import TYPE_CHECKING

from archcalc.errors import shortened
from archcalc.printable import CONTROLS, guarded, one_line
from archcalc.rules.questions.axes import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.rules.engine.report import FileReport, Reported

COLOURS = {"error": "31", "warning": "33", "info": "36", "code": "1", "caret": "32", "faint": "2"}
MAX_LINE = 160
MAX_VALUES = 4
MAX_NAMES = 3


class Ink:
    """Puts colours around words; none where they would only be noise."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    @classmethod
    def of(cls, *, terminal: bool) -> "Ink":
        """Colours in a terminal that does not refuse them (https://no-color.org)."""
        return cls(colours=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")

    def __call__(self, text: str, colour: str) -> str:
        """The text in a colour."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self._colours and text else text

    def linked(self, text: str, colour: str, address: str) -> str:
        """The text in a colour; a terminal opens the address when it is clicked."""
        inked = self(text, colour)
        return f"\x1b]8;;{address}\x1b\\{inked}\x1b]8;;\x1b\\" if self._colours and address else inked


def findings_text(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """Every finding as soon as its file is checked."""
    ink = Ink.of(terminal=sys.stdout.isatty())
    return (finding_text(found, ink) for report in reports for found in report.findings)


def findings_concise(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """Every finding in a line."""
    ink = Ink.of(terminal=sys.stdout.isatty())
    return (f"{guarded(_head(found, ink))}\n" for report in reports for found in report.findings)


def diffs_text(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """What fixes would change: a patch, in which is nothing that a terminal would obey."""
    return (report.diff for report in reports)


def statistics_text(reports: "Iterable[FileReport]") -> "Iterator[str]":
    """Findings by rule, the most frequent first."""
    by_rule = Counter((found.code, found.name) for report in reports for found in report.findings)
    ordered = sorted(by_rule.items(), key=lambda item: (-item[1], item[0]))
    width = max((len(f"{number:,}") for _, number in ordered), default=0)
    yield from (f"{number:>{width},}  {code}  {name}\n" for (code, name), number in ordered)


def finding_text(found: "Reported", ink: Ink) -> str:
    """One finding on several lines, and an empty one."""
    lines = [_head(found, ink)]
    lines += [f"    {ink(line, 'faint' if not caret else 'caret')}" for line, caret in _shown(found)]
    lines += [f"  {shortened(found.consequence)}"] if found.consequence else []
    lines += [
        f"  help: {shortened(line.strip())}" if not index else f"        {shortened(line.strip())}"
        for index, line in enumerate(found.hint.splitlines())
    ]
    return guarded("\n".join(lines)) + "\n\n"


def _head(found: "Reported", ink: Ink) -> str:
    """Where it is, which rule says so, and what is wrong; the code of the rule leads to its page."""
    from archcalc.render.addresses import page_address

    code = ink.linked(found.code, "code", page_address(found.code))
    subject = f"{shortened(found.subject)}: " if found.subject else ""
    said = f"{subject}{shortened(found.message)}{also_words(found)}{with_values(found)}"
    return f"{found.place}: {code} {ink(f'[{found.severity}]', found.severity)} {said}"


def with_values(found: "Reported") -> str:
    """For which values of the command line a finding is true: `` (with width=32; with width=64)``."""
    shown = [f"with {one_line(words)}" for words in found.values[:MAX_VALUES]]
    if len(found.values) > MAX_VALUES:
        shown.append(f"and {len(found.values) - MAX_VALUES:,} more")
    return f" ({'; '.join(shown)})" if shown else ""


def also_words(found: "Reported") -> str:
    """Of how many more layers it is true that are built in the same place; of Python, which come first."""
    if found.others:
        names, more = found.others[:MAX_NAMES], found.also - len(found.others[:MAX_NAMES])
        listed = ", ".join(shortened(name) for name in names)
        return f" (and in {listed}{f' and {more:,} more' if more else ''}, built here too)"
    return f" (and in {counted(found.also, 'more layer')} built from here)" if found.also else ""


def _shown(found: "Reported") -> "Iterator[tuple[str, bool]]":
    """The line of the spec, and the marks below it."""
    line = found.source.rstrip()
    if not line.strip():
        return
    start, end = found.place.column - 1, max(found.end - 1, found.place.column)
    skipped = 0
    if len(line) > MAX_LINE:  # a window around the place
        skipped = max(0, min(start - MAX_LINE // 2, len(line) - MAX_LINE))
        line = line[skipped : skipped + MAX_LINE]
    indent = len(line) - len(line.lstrip())
    marks = "".join("\t" if char == "\t" else " " for char in line[: start - skipped])
    # A character that is not shown as it is takes no place of its own, so that the marks stay below theirs.
    yield re.sub(CONTROLS, "\N{REPLACEMENT CHARACTER}", line[indent:]), False
    yield marks[indent:] + "^" * max(1, min(end - start, len(line) - (start - skipped))), True


def summary_text(reports: "Sequence[FileReport]", ink: Ink) -> str:
    """What was checked and what came of it, in a line."""
    modules = sum(report.module for report in reports)
    specs = sum(report.is_spec for report in reports) - modules
    severities = Counter(found.severity for report in reports for found in report.findings)
    kinds = [counted(specs, "spec")] if specs or not modules else []
    kinds += [counted(modules, "torch module")] if modules else []
    checked = f"{' and '.join(kinds)} checked"
    others = len(reports) - specs - modules
    if others:
        checked += f", {counted(others, 'other YAML file')} passed over"
    known = sum(len(report.known) for report in reports)
    checked += f", {counted(known, 'known finding')} left out" if known else ""
    fixed = sum(sum(report.fixed.values()) for report in reports)
    mended = f"; {fixed:,} fixed" if fixed else ""
    if not severities:
        return f"{checked}{mended}: {ink('no findings', 'caret')}\n"
    parts = [
        ink(f"{severities[name]:,} info" if name == "info" else counted(severities[name], name), name)
        for name in ("error", "warning", "info")
        if severities[name]
    ]
    fixable = sum(found.fixable for report in reports for found in report.findings)
    can = f"; --fix mends {fixable:,}" if fixable else ""
    return f"{checked}{mended}: {', '.join(parts)}{can}\n"
