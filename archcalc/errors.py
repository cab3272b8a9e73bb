"""What can go wrong with a spec: facts raised inside, places added once at the edge."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field
from operator import eq
from typing import TYPE_CHECKING

from archcalc.printable import guarded, one_line
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from archcalc.source import Document, Path
    from archcalc.tracing import Trace
    from archcalc.tracing.records import Refused

MAX_PROBLEMS = 100
"""Problems of one file that are told; the rest of a file with so many is left unread."""
MAX_TEXT = 600
MAX_WORD = 100
MAX_CHOICES = 250
MAX_EQUAL = 64
MAX_NEAREST = 3
LIKE = 0.6
"""Of all signs of two words, those that have to be in both of them, in the same order."""
COMPARED = 3_000_000
"""Pairs of signs that may be compared for the hints of one network: some tenths of a second."""
OF_ARCHCALC = "for a fault in archcalc itself"
"""Why a file is not judged, where it is not the file's fault."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a value stands: file name, and line and column counted from 1; line 0: the file as such."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        file = one_line(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else file


@dataclass(frozen=True, slots=True)
class Unequal:
    """A size that is written beside the one that arrives in its place.

    Args:
        key: the argument.
        written: its value.
        arriving: what it would have to be.
    """

    key: str
    written: "int | tuple[int, ...]"
    arriving: "int | tuple[int, ...]"


@dataclass(frozen=True, slots=True)
class Meant:
    """What is probably meant by what is written.

    Args:
        entries: layers in the place of the entry at fault.
        key: a key of it that there is not.
        new: the one that is meant.
    """

    entries: "tuple[str | Mapping[str, object], ...]" = ()
    key: str = ""
    new: str = ""


class Fault(ValueError):  # noqa: N818  it is a fact that turns into a Problem, not yet an error
    """One lower-case fact with its numbers, raised where it is found and not knowing where that is.

    Args:
        fact: what is wrong, e.g. ``10 input channels do not divide into 3 groups``.
        key: the argument at fault, so that the place can point at its value.
        hint: how to mend it.
        unequal: the sizes, where one that is written is not the one that arrives.
        axes: how many axes an input may have, where one with another number arrives.
        meant: what is meant, where a name is wrong.
    """

    def __init__(
        self,
        fact: str,
        *,
        key: str | None = None,
        hint: str = "",
        unequal: Unequal | None = None,
        axes: tuple[int, ...] = (),
        meant: Meant | None = None,
    ) -> None:
        super().__init__(fact)
        self.fact = fact
        self.key = key
        self.hint = hint
        self.unequal = unequal
        self.axes = axes
        self.meant = meant

    def __str__(self) -> str:
        """The fact, and how to mend it: what a person sees who calls this from Python."""
        return f"{self.fact}; {self.hint}" if self.hint else self.fact

    def at(self, key: str | None) -> "Fault":
        """The same fault of the argument ``key``; None: of none, but the whole."""
        return Fault(
            self.fact, key=key, hint=self.hint, unequal=self.unequal, axes=self.axes, meant=self.meant
        )


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault with its place: ``file:line:column: layer (Kind): what``, and how to mend it.

    Args:
        place: where it shows.
        subject: name and kind, or the way to a value.
        what: one lower-case fact with its numbers.
        hint: how to mend it, and what the layer reads.
        entry: the path of the spec's entry that it is about: the layer, or the use of the shipped block that
            it is in; None where that is unknown.
        meant: what its entry means, where a name in it is wrong.
    """

    place: Place
    subject: str
    what: str
    hint: str = ""
    entry: "Path | None" = field(default=None, compare=False)
    meant: Meant | None = field(default=None, compare=False)

    def __str__(self) -> str:
        subject = f"{shortened(self.subject)}: " if self.subject else ""
        hint = "".join(f"\n  {shortened(line.strip())}" for line in self.hint.splitlines())
        return guarded(f"{self.place}: {subject}{shortened(self.what)}{hint}")


def shortened(text: str) -> str:
    """A text for a person on one line: a spec can hold words of a megabyte, and what a terminal obeys."""
    told = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}... ({len(text):,} characters)"
    return one_line(told)


class SpecError(Exception):
    """A spec that cannot be read or traced.

    Args:
        problems: every independent one, in file order.
        partial: the trace down to the first of them, when it got so far.
        traced: every layer that could be traced, those behind the first problem too.
        refused: layers that refuse what they read of it, each with its problem, in execution order.
        document: where the problems are, when it could be read, but is no spec.
    """

    def __init__(
        self,
        problems: "Iterable[Problem]",
        partial: "Trace | None" = None,
        traced: "Trace | None" = None,
        refused: "Iterable[Refused]" = (),
        document: "Document | None" = None,
    ) -> None:
        self.problems = tuple(problems)
        self.partial = partial
        self.traced = traced
        self.refused = tuple(refused)
        self.document = document
        super().__init__("\n".join(str(problem) for problem in self.problems))


def closest(word: str, known: "Iterable[str]") -> str | None:
    """The known word most like ``word``; None when none is close."""
    close = _closest(word, known)
    return close[0] if close else None


def _closest(word: str, known: "Iterable[str]") -> list[str]:
    """The known words most like ``word``: several when they are equally like it."""
    word = word.lower()[:MAX_WORD]
    folded = {choice.lower(): choice for choice in sorted(known) if len(choice) <= MAX_WORD}
    if len(folded) > MAX_CHOICES:  # comparing takes a while: of so many, those that begin alike
        alike = sorted(
            (choice for choice in folded if choice[:1] == word[:1]), key=lambda c: abs(len(c) - len(word))
        )
        folded = {choice: folded[choice] for choice in alike[:MAX_CHOICES]}
    equal = _most_alike(word, folded)
    if len(equal) > MAX_NEAREST:  # codes of one length: those with the most signs at their place
        inplace = [sum(map(eq, choice, word)) for choice in equal]
        equal = [choice for choice, same in zip(equal, inplace, strict=True) if same == max(inplace)]
    longer = [choice for choice in equal if choice.startswith(word)]
    return [folded[choice] for choice in (longer or equal)[:MAX_NEAREST]]


def _most_alike(word: str, choices: "Iterable[str]") -> list[str]:
    """The choices that are all as like ``word`` as any is, the last in order first; none that is unlike it.

    Most choices are told apart by the signs that they have at all; which of these stand in the same order
    takes long to find, and where too much was compared for hints already, nothing is.
    """
    from difflib import SequenceMatcher

    best, equal = LIKE, list[str]()
    matcher = SequenceMatcher(b=word)
    for choice in choices:
        matcher.set_seq1(choice)
        if matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
            continue
        if not _may_compare(len(choice) * len(word)):
            return []
        like = matcher.ratio()
        if like > best:
            best, equal = like, []
        if like == best:
            equal.append(choice)
    return sorted(equal, reverse=True)[:MAX_EQUAL]


_left: "ContextVar[list[int] | None]" = ContextVar("_left", default=None)


@contextmanager
def few_hints() -> "Generator[None]":
    """What is done here is hinted at as long as that takes no time: of many long names the first ones are."""
    before = _left.set([COMPARED])
    try:
        yield
    finally:
        _left.reset(before)


def _may_compare(signs: int) -> bool:
    """Whether so many pairs of signs are still to be compared; they are taken."""
    left = _left.get()
    if left is None:
        return True
    left[0] -= signs
    return left[0] >= 0


def nearest(word: str, known: "Iterable[str]", otherwise: str = "") -> str:
    """A hint that names the known word most like ``word``; if none is close ``otherwise``, or all of them."""
    choices = sorted(set(known))
    if close := sorted(_closest(word, choices)):
        return f"did you mean {' or '.join(map(repr, close))}?"
    if otherwise or not choices:
        return otherwise
    listed = ", ".join(choice[:MAX_WORD] for choice in choices[:12]) + (", ..." if len(choices) > 12 else "")  # noqa: PLR2004  a line's worth
    return f"known here: {listed}"
