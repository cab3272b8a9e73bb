"""A network asked at one value, on a size that remembers: its figures or its refusal, and where they hold."""

from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeAlias, cast

from archcalc.effort import Toll, metered
from archcalc.errors import Fault, SpecError
from archcalc.quantities.measuring import Measuring
from archcalc.records import dataclass
from archcalc.sizes.places import Divided
from archcalc.sizes.polynomials import constant, minus, value_at
from archcalc.sizes.size import Size
from archcalc.sizes.steps import StepCount
from archcalc.sizes.tape import Tape
from archcalc.sweeping.asking import reason_of
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.quantities.table import Measurement, Quantity
    from archcalc.sizes.conditions import SignOf
    from archcalc.sizes.polynomials import Polynomial
    from archcalc.solving.varying import Varied
    from archcalc.tracing import Trace

Figures: TypeAlias = "Mapping[str, Measurement]"
"""Quantity -> its value."""
EACH_LAYER = 4
"""Steps that a layer takes beside those of its sizes."""
NAME = "size"
"""What is varied, on a tape."""


@dataclass(frozen=True, slots=True, eq=False)
class FollowedAnswer:
    """What was found at one value, and the tape that says where it holds.

    Args:
        tape: with the value as its only size.
        followed: quantity -> its numbers at all sizes, those of a shape or one; None where the network has
            none. None in the place of all: the network refuses the value.
        conditions: comparisons with 0 without which it does not hold.
        places: of the tape, those that all of this is calculated from.
        reason: why the network refuses the value, with the numbers of the trace that was asked.
    """

    tape: Tape
    followed: "Mapping[str, tuple[Polynomial, ...] | None] | None"
    conditions: "tuple[tuple[SignOf, Polynomial], ...]"
    places: tuple[int, ...] = field(repr=False)
    reason: str = field(default="", repr=False)

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest value at which it may hold."""
        return self.tape.places.bounds[0]

    @property
    def refused(self) -> bool:
        """Whether there is no network at these values."""
        return self.followed is None

    def replayed(self, value: int) -> list[int]:
        """The places at a value; what nothing is calculated from is 0."""
        places = self.tape.places
        found = [0] * len(places)
        for index in self.places:
            place = places[index]
            if not isinstance(place, Divided):
                found[index] = value
                continue
            top, bottom = value_at(place.top, found), value_at(place.bottom, found)
            bottom = bottom or 1  # a condition forbids it
            found[index] = top % bottom if place.remainder else top // bottom
        return found

    def holds(self, value: int) -> "list[int] | None":
        """The places at a value where it holds; None: it does not."""
        low, high = self.bounds
        if not low <= value <= high:
            return None
        replayed = self.replayed(value)
        for sign, polynomial in self.conditions:
            number = value_at(polynomial, replayed)
            if not (number >= 0 if sign == ">=" else (number == 0) == (sign == "==")):
                return None
        return replayed


class FollowedAnswers:
    """A network at many values: an answer is taken for all that it holds for.

    Args:
        varied: what takes the values.
        quantities: what is asked; those of one analysis, for each holds in its own places.
        steps: what its networks may take.
    """

    def __init__(
        self, varied: "Varied", quantities: "Mapping[str, Quantity]", steps: StepCount | None = None
    ) -> None:
        self.varied, self.quantities = varied, quantities
        self.steps = StepCount() if steps is None else steps
        self.asked = 0
        """Networks that were traced."""
        self.effort = Toll()
        """What it took to walk and to measure them, and to see where their answers hold."""
        self.known: list[FollowedAnswer] = []
        """The one that was taken last stands first."""
        self._pinned: dict[int, FollowedAnswer] = {}
        self._names = _has_braces(varied.network.model.document.data)
        """Whether names may be made of numbers, so that those of one network are not another's."""

    def enough(self, most: int, fewest: int, effort: int) -> bool:
        """Whether so many networks were traced, or fewer with so much effort, but not fewer than some."""
        return self.asked >= most or (self.asked >= fewest and self.effort.taken > effort)

    def at(self, value: int) -> tuple[FollowedAnswer, "Figures | None"]:
        """The answer that holds at a value, and its figures there; None: the network refuses it."""
        if value in self._pinned:
            return self._read(self._pinned[value], value)
        for index, answer in enumerate(self.known):
            self.effort.take(len(answer.places) + len(answer.conditions))
            replayed = answer.holds(value)
            if replayed is not None:
                self.known.insert(0, self.known.pop(index))
                return self._read(answer, value, replayed)
        answer = self._ask(value)
        if answer.bounds == (value, value):
            self._pinned[value] = answer
        else:
            self.known.insert(0, answer)
        return self._read(answer, value)

    def _read(
        self, answer: FollowedAnswer, value: int, replayed: "list[int] | None" = None
    ) -> tuple[FollowedAnswer, "Figures | None"]:
        if answer.followed is None:
            return answer, None
        places = answer.replayed(value) if replayed is None else replayed
        found: dict[str, Measurement] = {}
        for name, numbers in answer.followed.items():
            sizes = None if numbers is None else tuple(value_at(number, places) for number in numbers)
            found[name] = sizes if sizes is None or self.quantities[name].is_shape else sizes[0]
        return answer, found

    def _ask(self, value: int) -> FollowedAnswer:
        self.asked += 1
        reads = any(each.analysis == "fields" for each in self.quantities.values())
        tape = Tape(reads=reads, steps=self.steps)
        size = tape.give(NAME, value)
        followed: dict[str, tuple[Polynomial, ...] | None] | None = None
        told: dict[Polynomial, int] = {}
        reason = ""
        try:
            with metered(self.effort):
                network = Measuring(self._walked(trace(self.varied.network.model, *self.varied.given(size))))
                told = dict(tape.conditions.told)
                followed = {name: _followed(each.of(network)) for name, each in self.quantities.items()}
        except (SpecError, Fault) as error:
            # It has numbers in it: who tells a refusal traces anew, and reads it where that refuses nothing.
            if isinstance(error, SpecError) and error.traced is not None:
                self._walked(error.traced)
            reason = reason_of(error)
            told = dict(tape.conditions.told) if self._names else {}
        tape.end()
        return replace(_answer(tape, followed, told), reason=reason)

    def _walked(self, network: "Trace") -> "Trace":
        """The network; that its layers were asked counts, but for those of turns that are the same."""
        self.steps.take(EACH_LAYER * (len(network.layers) - sum(map(len, network.runs.all))))
        return network


def _followed(measured: "Measurement") -> "tuple[Polynomial, ...] | None":
    if measured is None:
        return None
    numbers = measured if isinstance(measured, tuple) else (measured,)
    return tuple(each.polynomial if isinstance(each, Size) else constant(each) for each in numbers)


def _answer(
    tape: Tape,
    followed: "Mapping[str, tuple[Polynomial, ...] | None] | None",
    told: "Mapping[Polynomial, int]",
) -> FollowedAnswer:
    conditions: list[tuple[SignOf, Polynomial]] = list(tape.conditions.others)
    for polynomial, value in told.items():
        conditions.append(("==", minus(polynomial, constant(value))))
    figures = (number for numbers in (followed or {}).values() for number in numbers or ())
    read = _read_places(tape, (*(polynomial for _, polynomial in conditions), *figures))
    return FollowedAnswer(tape, followed, tuple(conditions), read)


def _read_places(tape: Tape, polynomials: "tuple[Polynomial, ...]") -> tuple[int, ...]:
    """The places that polynomials are calculated from, each behind those that it is calculated from."""
    found: set[int] = set()
    waiting = list(polynomials)
    while waiting:
        for product, _ in waiting.pop():
            for index in product:
                place = tape.places[index]
                if index not in found and isinstance(place, Divided):
                    waiting += (place.top, place.bottom)
                found.add(index)
    return tuple(sorted(found))


def _has_braces(data: object) -> bool:
    """Whether a text of a document has expressions in braces."""
    if isinstance(data, dict):
        return any(map(_has_braces, cast("Mapping[str, object]", data).values()))
    if isinstance(data, list):
        return any(map(_has_braces, cast("list[object]", data)))
    return isinstance(data, str) and "{" in data
