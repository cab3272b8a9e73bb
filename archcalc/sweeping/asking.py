"""One candidate asked on sizes that remember: its quantities or its error, and where these hold."""

import re
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.errors import Fault, SpecError, shortened
from archcalc.quantities.measuring import Measuring
from archcalc.quantities.table import QUANTITIES
from archcalc.records import dataclass
from archcalc.sizes.places import Given
from archcalc.sizes.polynomials import constant, value_at
from archcalc.sizes.remembering import put_on
from archcalc.sizes.replay import At
from archcalc.sizes.size import Size
from archcalc.sizes.tape import Tape
from archcalc.sizes.texts import MarkingTape, Template
from archcalc.tracing import trace

INSIDE = re.compile(r" \(in [^()]*:\d+:\d+\)$")
"""Where a shipped block stands on this machine."""

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.expressions import Value
    from archcalc.facts import Arriving
    from archcalc.loading import Model
    from archcalc.quantities.table import Measurement
    from archcalc.sizes.polynomials import Polynomial
    from archcalc.sweeping.space import Space

    Followed = tuple[Polynomial, ...] | None
    """The numbers of a quantity at all sizes: one, or those of a shape; None: the network has none."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was found for one candidate, and the tape that says where it holds.

    Args:
        tape: the sizes, and the conditions.
        measured: quantity -> its numbers.
        reason: why there is no such network; None: there is.
        unsaid: quantity -> layers that state no part of it, so that it is a lower bound.
    """

    tape: Tape
    measured: "Mapping[str, Followed]" = field(default_factory=dict[str, "Followed"])
    reason: Template | None = None
    unsaid: "Mapping[str, tuple[str, ...]]" = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def pinned(self) -> "Mapping[str, int]":
        """The sizes at whose values alone it holds."""
        places = self.tape.places
        return {
            each.name: int(low)
            for each, (low, high) in zip(places, places.bounds, strict=True)
            if isinstance(each, Given) and low == high
        }


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of candidates.

    Args:
        model: the spec.
        space: the candidates.
        quantities: what is asked: of one analysis, for each holds in its own places.
    """

    model: "Model"
    space: "Space"
    quantities: tuple[str, ...]

    def ask(self, codes: "Mapping[str, int]") -> Reply:
        """The answer for one candidate, and for those like it.

        Args:
            codes: axis -> which of its values.
        """
        settings, inputs = self.space.at(codes)
        marking = MarkingTape()
        answer = self._on(marking, settings, inputs)
        if answer.reason is None:
            sound = not marking.marks
        else:
            here = At(marking, {}).values
            numbers = [value_at(mark.polynomial, here) for mark in answer.reason.marks]
            sound = answer.reason.filled(numbers) == self.refusal(settings, inputs)
        # A name with a number in it: such a network is taken at its values.
        return answer if sound else self._on(Tape(), settings, inputs)

    def refusal(self, settings: "Mapping[str, Value]", inputs: "Mapping[str, Arriving]") -> str | None:
        """Why a candidate is no network, in plain numbers; None: it is one."""
        try:
            trace(self.model, settings, inputs)
        except SpecError as error:
            return reason_of(error)
        return None

    def _on(self, tape: Tape, settings: "Mapping[str, Value]", inputs: "Mapping[str, Arriving]") -> Reply:
        names = [axis.name for axis in self.space.axes if axis.is_number]
        given = put_on(tape, self.model, settings, inputs, names)
        try:
            network = Measuring(trace(self.model, given.settings, given.inputs))
            told, marks = dict(tape.conditions.told), len(tape.marks) if isinstance(tape, MarkingTape) else 0
            measured = {name: _followed(QUANTITIES[name].of(network)) for name in self.quantities}
        except (SpecError, Fault) as error:
            tape.end()
            reason = reason_of(error)
            template = tape.template(reason) if isinstance(tape, MarkingTape) else Template((reason,))
            return Reply(tape, reason=template)
        unsaid = {name: QUANTITIES[name].unsaid(network) for name in self.quantities}
        tape.end()
        # What analyses wrote into texts, nobody reads here.
        tape.conditions.told = told
        if isinstance(tape, MarkingTape):
            del tape.marks[marks:]
        return Reply(tape, measured, None, {name: layers for name, layers in unsaid.items() if layers})


def reason_of(error: SpecError | Fault) -> str:
    """The first of the problems in a line, and how many others there are."""
    if isinstance(error, Fault):
        return shortened(error.fact)
    first, *others = error.problems
    subject = f"{first.subject}: " if first.subject else ""
    more = f" (and {len(others)} more)" if others else ""
    return " ".join(f"{subject}{INSIDE.sub('', shortened(first.what))}{more}".split())


def _followed(measured: "Measurement") -> "Followed":
    if measured is None:
        return None
    numbers = measured if isinstance(measured, tuple) else (measured,)
    return tuple(each.polynomial if isinstance(each, Size) else constant(each) for each in numbers)
