"""Findings that are known: kept in a file, and known again when their lines have moved."""

import os
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, shortened
from archcalc.importing.sources import names_a_factory
from archcalc.source.files import bytes_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from archcalc.rules.engine.report import FileReport, Reported

FORMAT = "archcalc-baseline"
VERSION = 1
MOST = 2**26
"""Bytes of a baseline: of some 300,000 findings."""
STDIN = "<stdin>"
PLACE = re.compile(r"(?<=:)\d+:\d+\b|(?<=\bline )\d+\b|(?<=\blines )\d+\b")
INDEX = re.compile(r"(?<=\[)\d+(?=\])")
"""What moves when something is written above: lines and columns, and in a subject the index of an entry."""
NUMBERED = re.compile(r"\b([a-z][a-z0-9]*)_\d+\b")
"""What may be an automatic name: the kind in small letters, and which of its kind it is, which moves too."""


class Known(NamedTuple):
    """By what a finding is known again, in whichever line it is."""

    file: str
    code: str
    subject: str
    message: str


def identity(found: "Reported", file: str) -> Known:
    """Who a finding is, in a file of this name."""
    subject, message = INDEX.sub("_", found.subject), PLACE.sub("_", found.message)
    return Known(file, found.code, _without_numbers(subject), _without_numbers(message))


def _without_numbers(text: str) -> str:
    """A text whose automatic names, as ``conv2d_1``, do not say which of their kind they are."""
    automatic = _automatic()
    return NUMBERED.sub(lambda found: f"{found[1]}_" if found[1] in automatic else found[0], text)


@cache
def _automatic() -> frozenset[str]:
    """What automatic names begin with, but for those of a spec's own blocks."""
    from archcalc.layers.registry import KINDS
    from archcalc.spec import CONTAINERS
    from archcalc.tracing import library

    return frozenset(name.lower() for name in (*KINDS, *CONTAINERS, *library.block_names()))


class Baseline:
    """The known findings, each as often as it is known; the names of files count from the baseline's folder.

    Args:
        path: where it is kept.
        known: the findings and how often.
    """

    def __init__(self, path: Path, known: "Mapping[Known, int]") -> None:
        self.path = path
        self._known = Counter(known)
        self._left = Counter(self._known)
        self._seen: set[str] = set()
        self._files = {who.file for who in self._known}
        self._moved = Counter(
            {
                who: count
                for who, count in self._known.items()
                if who.file != STDIN and not _is_there(path.parent, who.file)
            }
        )

    def sifted(self, report: "FileReport") -> "FileReport":
        """A report whose findings are new ones; those that are known stand apart."""
        file = self._named(report.file)
        self._seen.add(file)
        new: list[Reported] = []
        known: list[Reported] = []
        for found in report.findings:
            who = identity(found, file)
            (known if self._left[who] > 0 or self._came_along(who) else new).append(found)
            self._left[who] -= 1
        return replace(report, findings=tuple(new), known=tuple(known))

    def _came_along(self, who: Known) -> bool:
        """Whether a finding is known of a file that is not there any more: this one is its new name."""
        if who.file in self._files:
            return False
        before = next((old for old, count in self._moved.items() if count > 0 and old[1:] == who[1:]), None)
        if before is not None:
            self._moved[before] -= 1
        return before is not None

    def gone(self, active: "Collection[str]") -> int:
        """How many known findings of rules that ran the files that were looked at do not have any more."""
        left = ((who, count) for who, count in self._left.items() if who.code in active)
        return sum(max(0, count) for who, count in left if who.file in self._seen)

    def text(self, reports: "Iterable[FileReport]") -> str:
        """The file with the findings of these reports; those of other files that are still there stay.

        ``reports`` have not been sifted.
        """
        kept = list(reports)
        looked_at = {self._named(report.file) for report in kept}
        folder = self.path.parent
        counted = Counter(
            {
                who: count
                for who, count in self._known.items()
                if who.file not in looked_at and _is_there(folder, who.file)
            }
        )
        counted.update(
            identity(found, self._named(report.file))
            for report in kept
            for found in chain(report.findings, report.known)
        )
        from json import dumps

        findings = [{**who._asdict(), "count": count} for who, count in sorted(counted.items())]
        document = {"format": FORMAT, "version": VERSION, "findings": findings}
        return dumps(document, indent=1) + "\n"

    def _named(self, file: str) -> str:
        if file == STDIN or names_a_factory(file):
            return file
        try:
            return Path(os.path.relpath(file, self.path.parent)).as_posix()
        except ValueError:  # another drive
            return Path(file).as_posix()


def _is_there(folder: Path, file: str) -> bool:
    """Whether there still is what is known of; a torch module is not looked for."""
    return names_a_factory(file) or (folder / file).exists()


def read_baseline(path: Path, *, to_write: bool = False) -> Baseline:
    """The baseline in a file; one that is to be written may be missing.

    Raises:
        Fault: there is no such file, or it is no baseline.
    """
    try:
        content = bytes_of(path, MOST)
        text = content.decode("utf-8")
    except FileNotFoundError:
        if to_write and path.parent.is_dir():
            return Baseline(path, {})
        if to_write:
            raise Fault(
                f"{path} cannot be written: there is no folder {path.parent}", hint="make it first"
            ) from None
        raise Fault(f"no such file: {path}", hint="--write-baseline writes it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Fault(f"{path} cannot be read: {reason.lower()}") from None
    if len(content) > MOST:
        what = f"{path} cannot be read: it is larger than {MOST:,} bytes (64 MiB)"
        raise Fault(what, hint="delete it and let --write-baseline write it anew, or one for each folder")
    from json import loads

    try:
        known = _entries(loads(text))
    except Fault as fault:
        raise Fault(f"{path}: {fault.fact}", hint="write how often it is found, or take it out") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        what = f"{path} is no baseline of archcalc"
        raise Fault(what, hint="another file is never overwritten; name one that is not there yet") from None
    try:
        return Baseline(path, known)
    except OSError as error:
        what = f"{path} knows findings of a file that cannot be looked for"
        reason = f"{str(error.filename)[:60]!r}: {(error.strerror or str(error)).lower()}"
        raise Fault(f"{what}, {reason}", hint="take its entries out") from None


def _entries(document: object) -> "Mapping[Known, int]":
    """The findings of a document.

    Raises:
        Fault: a finding is there no time, or more often than a file could say.
        ValueError, TypeError, KeyError: it is not what ``text`` has written.
    """
    record = cast("Mapping[str, object]", document)
    if record["format"] != FORMAT or record["version"] != VERSION:
        raise ValueError
    listed = cast("list[Mapping[str, object]]", record["findings"])
    found = Counter[Known]()
    for each in listed:
        file, code, subject, message = (_text(each[key]) for key in Known._fields)
        count = each["count"]
        if isinstance(count, bool) or not isinstance(count, int):
            raise TypeError
        if not 1 <= count <= MOST:
            given = shortened(f"{count:,}")
            raise Fault(f"the count of a finding in {shortened(file)} is {given}, not from 1 to {MOST:,}")
        found[Known(file, code, _without_numbers(subject), _without_numbers(message))] += count
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
