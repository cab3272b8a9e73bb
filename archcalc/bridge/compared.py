"""What agrees with torch is counted, what does not is kept, with what could not be compared."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.bridge.verification import Check, Mismatch, Skipped, value_words
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.tracing import TracedLayer


@dataclass(slots=True)
class Tally:
    """Of one kind of value."""

    agreed: int = 0
    mismatches: list[Mismatch] = field(default_factory=list[Mismatch])
    skipped: list[Skipped] = field(default_factory=list[Skipped])


class Compared:
    """Tallies by the kind of value.

    Args:
        order: the kinds of values, in the order in which they are told.
    """

    def __init__(self, order: "Iterable[str]") -> None:
        self.tallies = {what: Tally() for what in order}

    def compare(self, layer: "TracedLayer", what: str, name: str, ours: object, theirs: object) -> None:
        """Note whether two values are equal; ``name`` says which of the layer's values they are."""
        if ours == theirs:
            self.tallies[what].agreed += 1
        else:
            found = Mismatch(layer.place, layer.subject, name, value_words(ours), value_words(theirs))
            self.tallies[what].mismatches.append(found)

    def skip(self, layer: "TracedLayer", whats: "Iterable[str]", why: str) -> None:
        """Note what of a layer cannot be compared."""
        for what in whats:
            self.tallies[what].skipped.append(Skipped(layer.subject, what, why))

    def skip_all(self, subject: str, what: str, why: str) -> None:
        """Note that a kind of value cannot be compared at all."""
        self.tallies[what].skipped.append(Skipped(subject, what, why))

    def checks(self) -> tuple[Check, ...]:
        """The checks in their order."""
        return tuple(
            Check(what, tally.agreed, tuple(tally.mismatches), tuple(tally.skipped))
            for what, tally in self.tallies.items()
        )
