"""Suppressions within a spec: ``ignore`` of the file and of layers, and comments on a line.

``# archcalc: ignore[AC301] reason`` stands behind a layer, or alone on the line above it.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archcalc.errors import Fault, Place
from archcalc.rules.entries import around, entries, spot
from archcalc.rules.selection import known, matching
from archcalc.source import comments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.rules.base import Finding
    from archcalc.rules.context import Context
    from archcalc.source import Comment

COMMENT = re.compile(r"#\s*archcalc\s*:\s*ignore\b\s*(?:\[(?P<codes>[^\]]*)\])?(?P<reason>.*)", re.IGNORECASE)
CODE = re.compile(r"[^\s,]+")


@dataclass(slots=True)
class Suppression:
    """One code that is ignored somewhere.

    Args:
        code: a code or the beginning of one, as written.
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


class Malformed(NamedTuple):
    """A suppression that names no rule."""

    place: Place
    what: str
    hint: str


class Suppressions:
    """All suppressions of a spec: asked for each finding, and for what is left over at the end."""

    def __init__(self, context: "Context") -> None:
        self.malformed: list[Malformed] = []
        self._context = context
        self._document = context.model.document
        spec = context.spec
        self._file = list(self._listed(("ignore",), spec.ignore, spec.note or "", judged=True))
        self._entries: dict[Place, list[Suppression]] = {}
        self._starts: list[Place] = []
        for path, entry in entries(spec):
            place = self._document.place(path)
            self._starts.append(place)
            if entry.ignore and place not in self._entries:
                codes = self._listed(
                    (*path, "ignore"), entry.ignore, entry.note or "", judged=place in self._traced
                )
                self._entries[place] = list(codes)
        self._starts.sort()
        self._lines: dict[int, list[Suppression]] = {}
        for comment in comments(self._document, "archcalc"):
            self._lines.setdefault(comment.line, []).extend(self._commented(comment))

    @cached_property
    def _traced(self) -> set[Place]:
        """Where the entries stand of which something is in the trace."""
        return {spot(origin) for layer in self._context.layers for origin in around(layer.origin)}

    def of(self, code: str, finding: "Finding") -> Suppression | None:
        """What suppresses a finding of a rule: its layer, then what is around it, a comment, the file."""
        return _first(code, self._candidates(finding))

    def of_file(self, code: str, place: Place) -> Suppression | None:
        """What suppresses a finding of the engine: a comment on its line, or the file."""
        return _first(code, (*self._lines.get(place.line, ()), *self._file))

    def unused(self, active: frozenset[str]) -> "Iterator[Suppression]":
        """Those that suppressed nothing though all the rules that they name have run."""
        for suppression in self._all():
            ran = active.issuperset(matching(suppression.code))
            if ran and suppression.judged and not suppression.used:
                yield suppression

    def _all(self) -> "Iterator[Suppression]":
        yield from self._file
        for found in (*self._entries.values(), *self._lines.values()):
            yield from found

    def _candidates(self, finding: "Finding") -> "Iterator[Suppression]":
        lines = {finding.place.line}
        if finding.origin is not None:
            for origin in around(finding.origin):
                if origin.document is self._document:
                    yield from self._entries.get(spot(origin), ())
            lines |= {
                line for line in self._lines if spot(self._context.in_spec(finding.origin)) in self._on(line)
            }
        for line in sorted(lines):
            yield from self._lines.get(line, ())
        yield from self._file

    def _on(self, line: int) -> "Sequence[Place]":
        """The entries that a line belongs to: those that began last, on it or above it."""
        end = bisect_right(self._starts, line, key=lambda place: place.line)
        begin = self._starts[end - 1].line if end else 0
        return [place for place in self._starts[:end] if place.line == begin]

    def _listed(
        self, path: tuple[str | int, ...], codes: "Sequence[str]", reason: str, *, judged: bool
    ) -> "Iterator[Suppression]":
        for index, code in enumerate(codes):
            yield from self._checked(code, self._document.place((*path, index)), reason, judged=judged)

    def _commented(self, comment: "Comment") -> "Iterator[Suppression]":
        match = COMMENT.match(comment.text)
        if match is None:
            return
        place, owners = comment.place, self._on(comment.line)
        judged = not owners or not self._traced.isdisjoint(owners)
        codes = list(CODE.finditer(match["codes"] or ""))
        if not codes:
            hint = "write # archcalc: ignore[AC301] and the reason"
            self.malformed.append(Malformed(place, "the comment names no rule code", hint))
        for code in codes:
            column = place.column + match.start("codes") + code.start()
            at = Place(place.file, place.line, column)
            yield from self._checked(code[0], at, match["reason"].strip(), judged=judged)

    def _checked(self, code: str, place: Place, reason: str, *, judged: bool) -> "Iterator[Suppression]":
        try:
            yield Suppression(known(code), place, reason, judged)
        except Fault as fault:
            self.malformed.append(Malformed(place, fault.fact, fault.hint))


def _first(code: str, candidates: "Iterable[Suppression]") -> Suppression | None:
    for suppression in candidates:
        if code.startswith(suppression.code):
            suppression.used = True
            return suppression
    return None
