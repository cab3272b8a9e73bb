"""What can go wrong with a spec: facts raised inside, places added once at the edge."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a value stands: file name, and line and column counted from 1; line 0: the file as such."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Fault(ValueError):  # noqa: N818  it is a fact that turns into a Problem, not yet an error
    """One lower-case fact with its numbers, raised where it is found and not knowing where that is.

    Args:
        fact: what is wrong, e.g. ``10 input channels do not divide into 3 groups``.
        key: the argument at fault, so that the place can point at its value.
        hint: how to mend it.
    """

    def __init__(self, fact: str, *, key: str | None = None, hint: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.key = key
        self.hint = hint

    def at(self, key: str) -> "Fault":
        """The same fault of the argument ``key``."""
        return Fault(self.fact, key=key, hint=self.hint)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault with its place: ``file:line:column: layer (Kind): what``, and how to mend it."""

    place: Place
    subject: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        subject = f"{self.subject}: " if self.subject else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{self.place}: {subject}{self.what}{hint}"


class SpecError(Exception):
    """A spec that cannot be read or traced.

    Args:
        problems: every independent one, in file order.
        partial: the trace down to the first of them, when it got so far.
    """

    def __init__(self, problems: "Iterable[Problem]", partial: "Trace | None" = None) -> None:
        self.problems = tuple(problems)
        self.partial = partial
        super().__init__("\n".join(str(problem) for problem in self.problems))


def closest(word: str, known: "Iterable[str]") -> str | None:
    """The known word most like ``word``; None when none is close."""
    folded = {choice.lower(): choice for choice in sorted(known)}
    close = get_close_matches(word.lower()[:100], folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(word: str, known: "Iterable[str]") -> str:
    """A hint that names the known word most like ``word``, or lists what is known when none is close."""
    choices = sorted(set(known))
    close = closest(word, choices)
    if close is not None:
        return f"did you mean {close!r}?"
    if not choices:
        return ""
    listed = ", ".join(choices[:12]) + (", ..." if len(choices) > 12 else "")  # noqa: PLR2004  a line's worth
    return f"known here: {listed}"
