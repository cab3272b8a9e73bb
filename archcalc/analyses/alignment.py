"""Merges whose branches do not meet on one grid of the input."""

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.analyses.fields import AxisField
    from archcalc.analyses.stepping import Track
    from archcalc.analyses.transfer import Axis
    from archcalc.tracing import TracedLayer


@dataclass(frozen=True, slots=True)
class Way:
    """One input of a merge.

    Args:
        source: the layer or input that it reads.
        stride: input positions between two neighbouring units.
        centre: centre of what unit 0 reads, in positions of the network's input.
    """

    source: str
    stride: Fraction
    centre: Fraction


@dataclass(frozen=True, slots=True)
class Misalignment:
    """A merge whose branches have unequal strides, or centres that differ by a part of their stride.

    Args:
        layer: the merging layer.
        input: the network's input.
        axis: the axis of that input's shape.
        ways: what the branches read.
    """

    layer: str
    input: str
    axis: int
    ways: tuple[Way, ...]

    @property
    def strides(self) -> bool:
        """Whether the strides differ, so that no receptive field can be stated."""
        return len({way.stride for way in self.ways}) > 1


def misalignment(layer: "TracedLayer", axis: "Axis", parts: "Mapping[int, Track]") -> Misalignment | None:
    """The finding on one merge, or None when all its branches meet.

    Neighbouring units of stride 1 are as near as positions can be, so there a half kernel's shift is no
    misalignment: causal and even kernels are drawn that way on purpose.

    Args:
        layer: the merging layer.
        axis: the input's name and axis.
        parts: index of the layer's input -> what is read through it along that axis.
    """
    local = [(index, part.field.spans) for index, part in parts.items() if part.field.along is not None]
    if all(spans == local[0][1] for _, spans in local):
        return None
    ways = tuple(
        Way(str(layer.inputs[index]), spans.stride, spans.centre)
        for index, spans in local
        if spans is not None and spans.shift and spans.centre is not None
    )
    grids = ((way.stride, way.centre) for way in ways)
    return Misalignment(layer.name, *axis, ways) if _differ(grids) else None


def apart(fields: "Iterable[AxisField]") -> bool:
    """Whether what units read by several ways does not meet on one grid."""
    local = (field.spans for field in fields if field.along is not None)
    return _differ(
        (spans.stride, spans.centre)
        for spans in local
        if spans is not None and spans.shift and spans.centre is not None
    )


def _differ(grids: "Iterable[tuple[Fraction, Fraction]]") -> bool:
    """Whether strides, or centres by a part of a stride, differ."""
    return any(
        stride != other or (stride > 1 and (centre - beside) % stride != 0)
        for (stride, centre), (other, beside) in pairwise(grids)
    )
