"""One step of the receptive field: from what the input's units read to what the layer's units read."""

from typing import TYPE_CHECKING

from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.spans import POINT
from archcalc.explaining.deriving import NamedNumbers
from archcalc.explaining.records import Derived, Explained
from archcalc.facts import IDENTITY, unread
from archcalc.formulas.windows import field_jump, field_size, field_start
from archcalc.sizes.tape import Tape
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.analyses.fields import AxisField, Field, ReceptiveFieldReport
    from archcalc.analyses.spans import Spans
    from archcalc.facts import Reads, Window
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

ASPECTS = ("size", "stride", "start")
SHOWN_PHASES = 8
"""Of so many phases the sizes are written down."""


class FieldStep(NamedTuple):
    """What the units before a layer read (size, jump, start), and the window through which it reads them."""

    before: tuple[int, int, int]
    window: "Window"


def field_numbers(trace: "Trace", layer: "TracedLayer") -> "Iterator[Explained]":
    """Size, stride and start on every input of the network, per axis of positions."""
    report = receptive_fields(trace)
    for field in report.layers.get(layer.name, ()):
        ways = [
            (port, reads)
            for port, reads in zip(layer.inputs, layer.facts.reads, strict=True)
            if not unread(reads) and _before(report, port, field.input) is not None
        ]
        for axis in field.axes:
            yield from _axis(report, field, axis, ways)


def _axis(
    report: "ReceptiveFieldReport", field: "Field", axis: "AxisField", ways: "list[tuple[Port, Reads]]"
) -> "Iterator[Explained]":
    step = _step(report, field, axis, *ways[0]) if len(ways) == 1 else None
    derived = _derived(step) if step else dict[str, Derived]()
    for aspect, result in zip(ASPECTS, (axis.size, axis.stride, axis.start), strict=True):
        yield Explained(
            f"receptive field on {field.input}",
            f"axis {axis.axis}, {aspect}",
            result,
            derived.get(aspect),
            _unchanged(step) if step else _note(axis, aspect, len(ways)),
        )


def _before(report: "ReceptiveFieldReport", port: "Port", name: str) -> "tuple[AxisField, ...] | None":
    """The fields of an input of the layer; of an input of the network, none: every unit reads itself."""
    if port.layer == name:
        return ()
    found = report.outputs.get((port.layer, port.output), ())
    return next((field.axes for field in found if field.input == name), None)


def _step(
    report: "ReceptiveFieldReport", field: "Field", axis: "AxisField", port: "Port", reads: "Reads"
) -> FieldStep | None:
    """The step where one window is all there is to it: units of one form before it, and one way."""
    found = _before(report, port, field.input) or ()
    before = next((each for each in found if each.axis == axis.axis), None)
    spans, along = (before.spans, before.along) if before else (POINT, axis.axis)
    if along is None or spans is None or len(spans.ends) > 1 or (before is not None and before.whole):
        return None
    first, window = spans.at(0), reads[along].window
    if first is None or first[0] is None or window is None or axis.spans is None or axis.whole:
        return None
    return FieldStep((first[1] - first[0] + 1, spans.shift, first[0]), window)


def _derived(step: FieldStep) -> "Mapping[str, Derived]":
    """The formulas of one window, each asked on numbers that remember."""
    tape = Tape()
    size, jump, start = (tape.give(name, each) for name, each in zip(ASPECTS, step.before, strict=True))
    known = NamedNumbers(tape.given.items())
    if step.window == IDENTITY:
        return {name: known.derived(each) for name, each in tape.given.items()}
    window = step.window
    kernel, stride, padding, dilation = (
        tape.give(name, getattr(window, name)) for name in ("kernel", "stride", "padding", "dilation")
    )
    found = (
        field_size(size, jump, kernel, dilation),
        field_jump(jump, stride),
        field_start(start, jump, padding),
    )
    return {aspect: known.derived(number) for aspect, number in zip(ASPECTS, found, strict=True)}


def _unchanged(step: FieldStep) -> str:
    return "as before: it reads one position" if step.window == IDENTITY else ""


def _note(axis: "AxisField", aspect: str, ways: int) -> str:
    """What is to be said where no formula of one window makes the numbers."""
    if axis.whole:
        return "every position is read"
    if axis.unknown:
        return "not known what units read"
    if axis.hops is not None:
        return f"nodes at most {axis.hops} edge{'' if axis.hops == 1 else 's'} away"
    if ways > 1:
        return f"the hull of what {ways} inputs read"
    if axis.spans is not None and axis.spans.unbounded:
        return "every position before is read"
    return _of_phases(axis.spans, aspect) if axis.spans else "not known what units read"


def _of_phases(spans: "Spans", aspect: str) -> str:
    """Of units that read in turn what is not alike: which of them a number is of."""
    phases = len(spans.ends)
    if phases == 1:
        return "as the phases of what it reads make it"
    if aspect == "stride":
        return f"{spans.shift} position{'' if spans.shift == 1 else 's'} every {phases} units"
    if aspect == "start":
        return f"of the first of {phases} phases"
    told = ", ".join(map(str, spans.sizes[:SHOWN_PHASES]))
    return f"the largest of {phases} phases: {told}{' ...' if phases > SHOWN_PHASES else ''}"
