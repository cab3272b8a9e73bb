"""Suppressions within a spec: ``ignore`` of the file and of layers, and comments on a line.

``# archcalc: ignore[AC301] reason`` stands behind a layer, or alone on the line above it. Of a torch module
it stands so in the Python file, at what builds the layer.
"""

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, cast

from archcalc.errors import MAX_PROBLEMS, Place, Problem
from archcalc.records import dataclass
from archcalc.rules.entries import around, entries, place_of
from archcalc.rules.selection import code_of, matching, unknown
from archcalc.source import Path
from archcalc.source.comments import Comment, comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.rules.base import Finding
    from archcalc.rules.context import Context
    from archcalc.spec import LayerSpec
    from archcalc.tracing.records import Origin

    Written = Mapping[Place, tuple[Path, LayerSpec]]
    Line = tuple[str, int]
    """A line of a file."""

COMMENT = re.compile(r"#\s*archcalc\s*:\s*ignore\b\s*(?:\[(?P<codes>[^\]]*)\])?(?P<reason>.*)", re.IGNORECASE)
CODE = re.compile(r"[^\s,]+")


@dataclass(slots=True)
class Suppression:
    """One code that is ignored somewhere.

    Args:
        code: a code, the beginning of one, or the name of a rule, as written.
        place: where the code stands.
        reason: what the comment, or the ``note`` beside the ``ignore``, says.
        judged: whether the layer that it is for is in the trace, so that it can be called unused.
        used: whether it suppressed anything.
    """

    code: str
    place: Place
    reason: str
    judged: bool = True
    used: bool = False


class Suppressions:
    """All suppressions of a spec: asked for each finding, and for what is left over at the end."""

    def __init__(self, context: "Context") -> None:
        self.malformed: list[Problem] = []  # suppressions that name no rule
        self._context = context
        self._document = context.model.document
        self._entries: dict[Place, list[Suppression]] = {}
        self._lines: dict[Line, list[Suppression]] = {}  # by the line that a comment is about
        self._commented: dict[Line, list[int]] = {}  # by the line where entries begin: lines with comments
        spec = context.spec
        self._file = list(self._listed(("ignore",), spec.ignore, spec.note or "", judged=True))
        # What an alias repeats is written once, at its first place.
        written = {self._document.place(path): (path, entry) for path, entry in reversed([*entries(spec)])}
        remarks = list(comments(self._document, "archcalc"))
        if remarks or any(entry.ignore for _, entry in written.values()):
            traced = {place_of(origin) for layer in context.layers for origin in around(layer.origin)}
            self._collect_layers(written, traced)
            self._collect_comments(remarks, written, traced)

    def _collect_layers(self, written: "Written", traced: set[Place]) -> None:
        for place, (path, entry) in written.items():
            if entry.ignore:
                steps = (*path, "ignore")
                listed = self._listed(steps, entry.ignore, entry.note or "", judged=place in traced)
                self._entries[place] = list(listed)

    def _collect_comments(self, remarks: "Sequence[Comment]", written: "Written", traced: set[Place]) -> None:
        """A comment belongs to the entries that began last, on its line or above it."""
        begins: dict[str, list[int]] = {}
        for file, line in sorted({_line(place) for place in written}):
            begins.setdefault(file, []).append(line)
        present = {_line(place) for place in written if place in traced}
        elsewhere = self._document.python is not None  # other networks may be built in the same file
        for comment in remarks:
            file, known = comment.place.file, begins.get(comment.place.file, [])
            above = bisect_right(known, comment.line)
            begin = known[above - 1] if above and known[above - 1] >= comment.begin else 0
            judged = (file, begin) in present or not (begin or elsewhere)
            found = self._said(comment, judged=judged)
            self._lines.setdefault((file, comment.line), []).extend(found)
            self._commented.setdefault((file, begin), []).append(comment.line)

    def of(self, code: str, finding: "Finding") -> Suppression | None:
        """What suppresses a finding of a rule: its layer, then what is around it, a comment, the file."""
        return _first(code, self._candidates(finding))

    def of_remark(self, code: str, place: Place) -> Suppression | None:
        """What suppresses a finding about a suppression: a comment on its line, or the file; not itself."""
        candidates = (*self._lines.get(_line(place), ()), *self._file)
        return _first(code, (each for each in candidates if each.place != place))

    def unused(self, active: frozenset[str]) -> "Iterator[Suppression]":
        """Those that suppressed nothing though all the rules that they name have run.

        The file's come last, and lazily: they may suppress what is said about the others.
        """
        for found in (*self._entries.values(), *self._lines.values(), self._file):
            for suppression in found:
                ran = active.issuperset(matching(suppression.code))
                if ran and suppression.judged and not suppression.used:
                    yield suppression

    def used(self) -> "Iterator[Place]":
        """Where those are that suppressed something."""
        for found in (*self._entries.values(), *self._lines.values(), self._file):
            yield from (suppression.place for suppression in found if suppression.used)

    def _candidates(self, finding: "Finding") -> "Iterator[Suppression]":
        lines = {_line(finding.place)}
        if finding.origin is not None:
            for origin in around(finding.origin):
                if origin.document is not self._document:
                    yield from _shipped(origin)
                elif self._entries:
                    yield from self._entries.get(place_of(origin), ())
            begin = _line(place_of(finding.origin.in_spec))
            lines.update((begin[0], line) for line in self._commented.get(begin, ()))
        for line in sorted(lines):
            yield from self._lines.get(line, ())
        yield from self._file

    def _listed(
        self, path: Path, codes: "Sequence[str]", reason: str, *, judged: bool
    ) -> "Iterator[Suppression]":
        for index, code in _distinct(enumerate(codes)):
            yield from self._checked(code, self._document.place((*path, index)), reason, judged=judged)

    def _said(self, comment: Comment, *, judged: bool) -> "Iterator[Suppression]":
        match = COMMENT.match(comment.text)
        if match is None:
            return
        codes = ((code.start(), code[0]) for code in CODE.finditer(match["codes"] or ""))
        found = list(_distinct(codes))
        if not found:
            hint = "write # archcalc: ignore[AC301] and the reason"
            self._refuse(comment.place, "the comment names no rule code", hint)
        for start, code in found:
            column = comment.place.column + match.start("codes") + start
            place = Place(comment.place.file, comment.place.line, column)
            yield from self._checked(code, place, match["reason"].strip(), judged=judged)

    def _checked(self, code: str, place: Place, reason: str, *, judged: bool) -> "Iterator[Suppression]":
        if matching(code):
            yield Suppression(code, place, reason, judged)
        elif len(self.malformed) < MAX_PROBLEMS:  # the hint for each takes a look at every rule
            fault = unknown(code)
            self._refuse(place, fault.fact, fault.hint)

    def _refuse(self, place: Place, what: str, hint: str) -> None:
        if len(self.malformed) < MAX_PROBLEMS:
            self.malformed.append(Problem(place, "", what, hint))


def _line(place: Place) -> "Line":
    return place.file, place.line


def _shipped(origin: "Origin") -> "Iterator[Suppression]":
    """What a shipped block ignores in itself: no spec that uses it could mend that."""
    written = origin.entry()
    if isinstance(written, dict):
        entry = cast("Mapping[str, object]", written)
        for code in cast("Sequence[str]", entry.get("ignore", ())):
            yield Suppression(code, place_of(origin), str(entry.get("note", "")), judged=False)


def _distinct(codes: "Iterable[tuple[int, str]]") -> "Iterator[tuple[int, str]]":
    """Each code once, where it first stands."""
    seen: set[str] = set()
    for at, code in codes:
        if code not in seen:
            seen.add(code)
            yield at, code


def _first(code: str, candidates: "Iterable[Suppression]") -> Suppression | None:
    for suppression in candidates:
        if code.startswith(code_of(suppression.code)):
            suppression.used = True
            return suppression
    return None
