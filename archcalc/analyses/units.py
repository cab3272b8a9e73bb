"""One unit of a layer: the input positions it reads, with padding and without, and the layers on the way."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archcalc.analyses.coverage import coverage
from archcalc.analyses.regions import Region, region_read
from archcalc.effort import one_by_one, with_a_budget
from archcalc.errors import Fault
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.analyses.coverage import Coverage
    from archcalc.analyses.receptive_field import Field, ReceptiveFieldReport
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class InputReads:
    """What a unit reads of one input.

    Args:
        input: name of the input, or of the layer it is counted in.
        axes: the input's axes of positions.
        lengths: their sizes.
        field: what the windows reach, padding included, over these axes.
        inside: what is really read, without what stands for padding at any layer on the way.
    """

    input: str
    axes: tuple[int, ...]
    lengths: tuple[int, ...]
    field: Region
    inside: Region

    @property
    def full(self) -> bool:
        """Whether every position of the field's box is read."""
        box = 1
        for span in self.field.box():
            box *= len(span)
        return self.field.positions == box


@dataclass(frozen=True, slots=True)
class UnitReads:
    """What one unit of a layer reads, per input that it depends on.

    Args:
        layer: name of the layer.
        axes: the layer's axes of positions.
        unit: the unit's place along them.
        grid: how many units there are along them.
        inputs: what it reads.
    """

    layer: str
    axes: tuple[int, ...]
    unit: tuple[int, ...]
    grid: tuple[int, ...]
    inputs: tuple[InputReads, ...]


def unit_reads(
    trace: "Trace", report: "ReceptiveFieldReport", layer: str, unit: Sequence[int] | None = None
) -> UnitReads:
    """What a unit reads.

    Args:
        trace: the network.
        report: its receptive fields.
        layer: name of the layer.
        unit: its place along the layer's axes of positions; left out: the middle one.

    Raises:
        Fault: there is no such unit.
        SpecError: it reads more than can be followed.
    """
    traced = trace.layer(layer)
    one_by_one(trace, "what one unit reads")
    fields = report.layers.get(layer, ())
    axes = position_axes(fields)
    grid = tuple(traced.output.shape[axis] for axis in axes)
    place = tuple(size // 2 for size in grid) if unit is None else _checked(traced, axes, grid, unit)
    at = dict(zip(axes, place, strict=True))
    field, inside = (region_read(trace, layer, at, clipped=clipped) for clipped in (False, True))
    inputs = tuple(_of_input(trace, found, field, inside) for found in fields if found.input in field)
    return UnitReads(layer, axes, place, grid, inputs)


def last_local(trace: "Trace", report: "ReceptiveFieldReport") -> str:
    """The last layer that does not read the whole of every input; the last one where all do.

    Raises:
        Fault: there is no layer.
    """
    if not trace.layers:
        raise Fault(
            "the network has no layers, so there is no unit to look at", hint="does every `when` say no?"
        )
    names = [layer.name for layer in reversed(trace.layers)]
    local = (name for name in names if any(not found.whole_input for found in report.layers.get(name, ())))
    return next(local, names[0])


@with_a_budget
def unit_coverage(trace: "Trace", found: UnitReads) -> "tuple[tuple[str, int, Coverage | None], ...]":
    """Per axis of the unit's layer, and of each input: how often each position is read; None: all are.

    Raises:
        SpecError: the field is too wide to count its positions one by one.
    """
    positions = {(reads.input, axis) for reads in found.inputs for axis in reads.axes}
    return tuple(
        (*read, counted)
        for axis, place in zip(found.axes, found.unit, strict=True)
        for read, counted in coverage(trace, found.layer, axis, place).items()
        if read in positions
    )


def position_axes(fields: "Sequence[Field]") -> tuple[int, ...]:
    """The axes of a layer's output along which its units have places, from its receptive fields."""
    return tuple(sorted({axis.along for found in fields for axis in found.axes if axis.along is not None}))


def _checked(
    layer: "TracedLayer", axes: tuple[int, ...], grid: tuple[int, ...], unit: Sequence[int]
) -> tuple[int, ...]:
    if len(unit) != len(axes):
        sizes = " x ".join(map(str, grid)) or "none"
        raise Fault(f"{len(unit)} numbers for the {len(axes)} axes of positions of {layer.name} ({sizes})")
    for place, size in zip(unit, grid, strict=True):
        if not 0 <= place < size:
            raise Fault(f"unit {place} is outside the {size} units (0 to {size - 1}) of {layer.name}")
    return tuple(unit)


def _of_input(
    trace: "Trace", found: "Field", field: Mapping[str, Region], inside: Mapping[str, Region]
) -> InputReads:
    name, axes = found.input, tuple(axis.axis for axis in found.axes)
    shape = trace.inputs[name].shape
    lengths = tuple(shape[axis] for axis in axes)
    clipped = inside[name] if name in inside else Region(shape, ())
    return InputReads(name, axes, lengths, field[name].over(axes), clipped.over(axes))
