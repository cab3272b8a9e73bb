"""Receptive fields and coverage beside what torch's gradients reach."""

from math import prod
from typing import TYPE_CHECKING

import torch

from archcalc.analyses.receptive_field import receptive_fields
from archcalc.bridge.compared import Compared
from archcalc.bridge.probing.units import AskedUnit, asked_of, marked, stated
from archcalc.bridge.probing.walk import MAX_HELD, reached
from archcalc.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor

    from archcalc.analyses.fields import AxisField, Field
    from archcalc.analyses.regions import Region
    from archcalc.analyses.spans import Span
    from archcalc.bridge.probing.walk import Reached, Unit
    from archcalc.bridge.verification import Check
    from archcalc.facts import Tensor as Described
    from archcalc.tracing import Trace, TracedLayer

FIELDS, COVERAGE = "receptive fields", "positions read"
MAX_NUMBERS = 20_000_000_000
"""Numbers that all layers read and give, once a unit behind them: some minutes' work."""
BORDER = "no unit that was looked at has its whole field inside the input; a larger --input would show it"
WHOLE = "whole by windows that reach over a border on the way; what is read inside was compared"
INEXACT = "no exact interval is stated"
PART = "single numbers may read a part of what is stated"


def verify_fields(
    trace: "Trace", progress: "Callable[[int, int], None] | None" = None
) -> "tuple[Check, ...]":
    """Compare what units read with what gradients reach, at the borders, in the middle and anywhere.

    Args:
        trace: the network.
        progress: called with the work that is done, and all of it.

    Raises:
        LayerError: torch fails in a layer.
    """
    compared = Compared((FIELDS, COVERAGE))
    asked = asked_of(trace, receptive_fields(trace))
    work = _work(trace, asked)
    if work > MAX_NUMBERS:
        why = f"{work:,} numbers to work through, at most {MAX_NUMBERS:,} are; a smaller --input has fewer"
        compared.skip_all(trace.model, FIELDS, why)
        return compared.checks()
    largest = max(prod(tensor.shape) for tensor in _tensors(trace))
    size = max(1, MAX_HELD // largest)
    groups = [asked[at : at + size] for at in range(0, len(asked), size)]
    beside = _Beside(trace, compared)
    for turn, group in enumerate(groups):

        def step(done: int, turn: int = turn) -> None:
            if progress is not None:
                progress(turn * len(trace.layers) + done, len(groups) * len(trace.layers))

        found = reached(trace, [each.unit for each in group], step)
        for row, each in enumerate(group):
            beside.unit(each, found, row)
    beside.end()
    return compared.checks()


def _tensors(trace: "Trace") -> "Iterator[Described]":
    yield from trace.inputs.values()
    for layer in trace.layers:
        yield from layer.facts.outputs.values()


def _work(trace: "Trace", asked: "Sequence[AskedUnit]") -> int:
    """Numbers that layers read and give, once a unit that is followed through them."""
    starts: dict[str, int] = {}
    for each in asked:
        starts[each.unit.layer] = starts.get(each.unit.layer, 0) + 1
    units = total = 0
    for layer in reversed(trace.layers):
        units += starts.get(layer.name, 0)
        tensors = (*(port.tensor for port in layer.inputs), *layer.facts.outputs.values())
        total += units * sum(prod(tensor.shape) for tensor in tensors)
    return total


class _Beside:
    """What is stated beside what is found, unit by unit."""

    def __init__(self, trace: "Trace", compared: Compared) -> None:
        self.trace, self.compared = trace, compared
        self.told: set[tuple[str, str, str]] = set()
        self.open: dict[tuple[str, str, str, int], TracedLayer] = {}
        self.seen: set[tuple[str, str, str, int]] = set()

    def unit(self, asked: AskedUnit, found: "Reached", row: int) -> None:
        """Compare one unit."""
        unit, layer = asked.unit, self.trace.by_name[asked.unit.layer]
        if row in found.lost:
            self._skip(layer, unit, (FIELDS, COVERAGE), found.lost[row])
            return
        try:
            inside, windows = (stated(self.trace, unit, clipped=clipped) for clipped in (True, False))
        except SpecError as error:
            self._skip(layer, unit, (FIELDS, COVERAGE), error.problems[0].what)
            return
        for field in asked.fields:
            axes = tuple(axis.axis for axis in field.axes)
            theirs = _reached(found, field.input, row, self.trace.inputs[field.input].shape, axes)
            ours = _marked(inside, field.input, axes, theirs)
            name = f"what unit {_place(unit)} reads of {field.input}"
            part = found.parts.get(row)
            if part is not None and not ours.equal(theirs) and not (theirs & ~ours).any():
                self._skip(layer, unit, (FIELDS, COVERAGE), f"{part}: {PART}")
                continue
            same = ours.equal(theirs)
            self.compared.compare(
                layer, COVERAGE, name, True if same else _told(ours), True if same else _told(theirs)
            )
            bordering = inside.get(field.input) != windows.get(field.input)
            for index, axis in enumerate(field.axes):
                self._interval(layer, unit, field, axis, _line(theirs, index), bordering=bordering)

    def _interval(
        self,
        layer: "TracedLayer",
        unit: "Unit",
        field: "Field",
        axis: "AxisField",
        line: "Tensor",
        *,
        bordering: bool,
    ) -> None:
        """Compare where the field of a unit begins and ends on an axis, where it lies inside."""
        key = (unit.layer, unit.output, field.input, axis.axis)
        span = _interval(axis, unit)
        if not axis.exact or (span is None and not _reads_nothing(axis, unit)):
            self._skip(layer, unit, (FIELDS,), INEXACT)
            self.seen.add(key)
            return
        self.open[key] = layer
        if not axis.whole and (bordering or (span is not None and not _inside(span, axis.length))):
            return
        self.seen.add(key)
        places = [place for place, read in enumerate(line) if read]
        theirs = (places[0], places[-1]) if places else None
        if (
            theirs is None and span is not None
        ):  # it reads nothing on another axis; the positions were compared
            return
        if axis.whole and bordering and theirs != span:
            self._skip(layer, unit, (FIELDS,), WHOLE)
            return
        name = f"field of unit {_place(unit)} on axis {axis.axis} of {field.input}"
        self.compared.compare(layer, FIELDS, name, span, theirs)

    def end(self) -> None:
        """Name the fields that reach over the border wherever they were looked at."""
        for key, layer in self.open.items():
            if key not in self.seen:
                self.compared.skip(layer, (FIELDS,), BORDER)

    def _skip(self, layer: "TracedLayer", unit: "Unit", whats: "Sequence[str]", why: str) -> None:
        key = (unit.layer, unit.output, why)
        if key not in self.told:
            self.told.add(key)
            self.compared.skip(layer, whats, why)


def _interval(axis: "AxisField", unit: "Unit") -> "tuple[int, int] | None":
    """First and last position that a unit is said to read."""
    if axis.whole:
        return 0, axis.length - 1
    span = _span(axis, unit)
    return None if span is None else (span[0] or 0, span[1])


def _span(axis: "AxisField", unit: "Unit") -> "Span | None":
    place = 0 if axis.along is None else dict(unit.at)[axis.along]
    return None if axis.spans is None else axis.spans.at(place)


def _reads_nothing(axis: "AxisField", unit: "Unit") -> bool:
    return axis.spans is not None and _span(axis, unit) is None


def _inside(span: tuple[int, int], length: int) -> bool:
    return span[0] >= 0 and span[1] < length


def _reached(
    found: "Reached", name: str, row: int, shape: "Sequence[int]", axes: "Sequence[int]"
) -> "Tensor":
    """(*lengths of the axes): whether anything is read at a position."""
    tensor = found.inputs[name][row] if name in found.inputs else torch.zeros(*shape, dtype=torch.bool)
    for axis in reversed(range(len(shape))):
        if axis not in axes:
            tensor = tensor.any(axis)
    return tensor


def _marked(inside: "Mapping[str, Region]", name: str, axes: "Sequence[int]", like: "Tensor") -> "Tensor":
    return marked(inside[name].over(axes)) if name in inside else torch.zeros_like(like)


def _line(read: "Tensor", axis: int) -> "Tensor":
    for other in reversed(range(read.dim())):
        if other != axis:
            read = read.any(other)
    return read


def _place(unit: "Unit") -> str:
    return ",".join(str(place) for _, place in unit.at) or "anywhere"


def _told(read: "Tensor") -> str:
    """How many positions, and between which."""
    places = read.nonzero()
    if not len(places):
        return "nothing"
    ends = (f"{int(column.min())}..{int(column.max())}" for column in places.T)
    return f"{len(places):,} positions in {' x '.join(ends)}"
