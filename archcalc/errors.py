"""What can go wrong with a spec: facts raised inside, places added once at the edge."""

from dataclasses import field
from operator import eq
from typing import TYPE_CHECKING

from archcalc.printable import guarded, one_line
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    from difflib import SequenceMatcher, get_close_matches

    word = word.lower()[:MAX_WORD]
    folded = {choice.lower(): choice for choice in sorted(known) if len(choice) <= MAX_WORD}
    if len(folded) > MAX_CHOICES:  # comparing takes a while: of so many, those that begin alike
        alike = sorted(
            (choice for choice in folded if choice[:1] == word[:1]), key=lambda c: abs(len(c) - len(word))
        )
        folded = {choice: folded[choice] for choice in alike[:MAX_CHOICES]}
    close = get_close_matches(word, folded, n=MAX_EQUAL, cutoff=0.6)
    likeness = [SequenceMatcher(None, choice, word).ratio() for choice in close]
    equal = [choice for choice, like in zip(close, likeness, strict=True) if like == likeness[0]]
    if len(equal) > MAX_NEAREST:  # codes of one length: those with the most signs at their place
        inplace = [sum(map(eq, choice, word)) for choice in equal]
        equal = [choice for choice, same in zip(equal, inplace, strict=True) if same == max(inplace)]
    longer = [choice for choice in equal if choice.startswith(word)]
    return [folded[choice] for choice in (longer or equal)[:MAX_NEAREST]]


def nearest(word: str, known: "Iterable[str]", otherwise: str = "") -> str:
    """A hint that names the known word most like ``word``; if none is close ``otherwise``, or all of them."""
    choices = sorted(set(known))
    if close := sorted(_closest(word, choices)):
        return f"did you mean {' or '.join(map(repr, close))}?"
    if otherwise or not choices:
        return otherwise
    listed = ", ".join(choice[:MAX_WORD] for choice in choices[:12]) + (", ..." if len(choices) > 12 else "")  # noqa: PLR2004  a line's worth
    return f"known here: {listed}"
