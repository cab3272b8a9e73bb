"""What a comparison with torch says: plain records."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.errors import Place


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A value that torch has otherwise.

    Args:
        place: where the layer is written.
        subject: the layer and its kind.
        what: which value.
        ours: what archcalc says.
        theirs: what torch says.
        other: what is called torch here, where it is something else.
    """

    place: "Place"
    subject: str
    what: str
    ours: str
    theirs: str
    other: str = "torch"

    def __str__(self) -> str:
        said = f"archcalc says {self.ours}, {self.other} {self.theirs}"
        return f"{self.place}: {self.subject}: {self.what}: {said}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """What could not be compared, and why."""

    subject: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of value over the whole network.

    Args:
        what: the kind of value, e.g. ``output shapes``.
        agreed: how many are equal.
        mismatches: those that are not, in execution order.
        skipped: those that could not be compared.
    """

    what: str
    agreed: int
    mismatches: tuple[Mismatch, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks of a network against torch.

    Args:
        model: its name.
        torch: the version of torch.
        checks: in the order in which they were made.
    """

    model: str
    torch: str
    checks: tuple[Check, ...]

    def beside(self, checks: "tuple[Check, ...]") -> "Verification":
        """This with more checks behind its own."""
        return replace(self, checks=(*self.checks, *checks))

    def differs(self, what: str) -> bool:
        """Whether values of this kind differ."""
        return any(check.mismatches for check in self.checks if check.what == what)

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not any(check.mismatches for check in self.checks)


def value_words(value: object) -> str:
    """A value of either side as a person reads it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return str(list(cast("tuple[object, ...]", value)))
    return f"{value:,}" if isinstance(value, int) else str(value)
