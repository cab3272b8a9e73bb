"""What a comparison with a module or a checkpoint says, and how it is gathered."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.bridge.verification import Check, Mismatch, Skipped, value_words
from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.tracing import Trace, TracedLayer

PARAMETERS, BUFFERS, SHAPES, TIES = "parameters", "buffers", "output shapes", "ties"
TOTALS, BYTES = "totals", "bytes"
WINDOWS, CALLS = "windows", "order of calls"
ORDER = (PARAMETERS, BUFFERS, TIES, TOTALS, BYTES, WINDOWS, SHAPES, CALLS)


class StoredAs(NamedTuple):
    """The tensors of one dtype in a checkpoint.

    Args:
        dtype: as the file calls it.
        tensors: how many.
        numbers: that they hold.
        bytes: that they take.
        spec_numbers: that the spec has for them.
        spec_bytes: that these take in this dtype.
    """

    dtype: str
    tensors: int
    numbers: int
    bytes: int
    spec_numbers: int
    spec_bytes: int


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A spec beside a module or a checkpoint.

    Args:
        model: name of the spec.
        other: what stands beside it.
        checks: by kind of value.
        first: what differs first, in execution order; None where nothing does.
        notes: how tensors were found.
        stored: bytes by dtype, of a checkpoint.
    """

    model: str
    other: str
    checks: tuple[Check, ...]
    first: Mismatch | None
    notes: tuple[str, ...] = ()
    stored: tuple[StoredAs, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.first is None


@dataclass(slots=True)
class Gathering:
    """Counts what is equal, and keeps what is not with its position in execution order.

    Args:
        trace: the network.
        side: what the other side is called in a sentence.
    """

    trace: "Trace"
    side: str
    agreed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDER, 0))
    mismatches: list[tuple[int, str, Mismatch]] = field(default_factory=list[tuple[int, str, Mismatch]])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    positions: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.positions = {layer.name: index for index, layer in enumerate(self.trace.layers)}

    def compare(
        self, check: str, layer: "TracedLayer", what: str, ours: object, theirs: object, where: str = ""
    ) -> None:
        """Note whether two values are equal.

        Args:
            check: the kind of value.
            layer: that it is about, or that it comes behind.
            what: which of its values.
            ours: what the spec says.
            theirs: what the other side says.
            where: name on the other side, where that is another one.
        """
        if ours == theirs:
            self.agreed[check] += 1
            return
        subject = layer.subject
        told = f"{value_words(theirs)} as {where}" if where else value_words(theirs)
        found = Mismatch(layer.place, subject, what, value_words(ours), told, self.side)
        self.mismatches.append((self.positions[layer.name], check, found))

    def compare_whole(self, check: str, what: str, ours: object, theirs: object) -> None:
        """Note whether two values of the whole network are equal."""
        if ours == theirs:
            self.agreed[check] += 1
            return
        place, last = Place(self.trace.layers[0].place.file), len(self.trace.layers)
        found = Mismatch(place, self.trace.model, what, value_words(ours), value_words(theirs), self.side)
        self.mismatches.append((last, check, found))

    def skip(self, check: str, subject: str, why: str) -> None:
        """Note what cannot be compared."""
        self.skipped.append(Skipped(subject, check, why))

    def checks(self) -> tuple[Check, ...]:
        """The checks in their order, differences in execution order."""
        told = sorted(self.mismatches, key=lambda each: (each[0], ORDER.index(each[1])))
        return tuple(
            Check(
                check,
                self.agreed[check],
                tuple(mismatch for _, of, mismatch in told if of == check),
                tuple(skipped for skipped in self.skipped if skipped.what == check),
            )
            for check in ORDER
        )

    def comparison(self, other: str, notes: "Iterable[str]", stored: "Iterable[StoredAs]" = ()) -> SideBySide:
        """What was gathered."""
        first = min(self.mismatches, key=lambda each: (each[0], ORDER.index(each[1])), default=None)
        return SideBySide(
            self.trace.model, other, self.checks(), first and first[2], tuple(notes), tuple(stored)
        )
