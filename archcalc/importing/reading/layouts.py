"""Where the batch stands in a tensor of torch, and what that makes of its axes in a sample.

A sample has no batch axis. One that is merged with others, (outer x B x inner), stays as an axis of
outer x inner: the numbers of a sample keep their order whatever axes are joined and cut.
"""

from math import prod
from typing import TYPE_CHECKING

from archcalc.importing.recording import GrowingSize
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.facts import Shape
    from archcalc.importing.recording import RecordedValue


class Untranslated(Exception):  # noqa: N818  no error of the user: the call becomes an Opaque layer
    """A call has no layers that mean the same; the text says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the batch stands.

    Args:
        axis: the axis of the torch tensor that holds it; None: no axis does.
        inside: positions of this axis that belong to one sample: 1 when it is the batch alone.
        outer: of those, how many stand before the batch: (outer, B, inside / outer) was made one axis.
    """

    axis: int | None = None
    inside: int = 1
    outer: int = 1

    @property
    def alone(self) -> bool:
        """Whether an axis holds the batch and nothing else, so that a sample lacks it."""
        return self.axis is not None and self.inside == 1

    @property
    def merged(self) -> bool:
        """Whether the batch shares its axis with others."""
        return self.axis is not None and self.inside > 1

    def rank(self, shape: "Shape") -> int:
        """Axes that a sample of this shape has in torch."""
        return len(shape) + self.alone

    def sample_axis(self, axis: int, rank: int) -> int | None:
        """The axis of a sample that an axis of the torch tensor is; None: the batch, which it lacks.

        Args:
            axis: of the torch tensor; negative: from the end.
            rank: axes of the torch tensor.
        """
        place = axis % rank
        if not self.alone or self.axis is None or place < self.axis:
            return place
        return None if place == self.axis else place - 1

    def before(self, shape: "Shape") -> int:
        """Numbers of a sample, in their order, that stand before the digit of the batch."""
        return prod(shape[: self.axis]) * self.outer


UNBATCHED = Layout()
FIRST = Layout(0)


def sample_shape(sizes: "Sequence[int | GrowingSize]", layout: Layout) -> "Shape":
    """The shape of one sample; other axes that grow have the size that they have with one sample."""
    return tuple(
        _one_sample(size) for axis, size in enumerate(sizes) if not (layout.alone and axis == layout.axis)
    )


def _one_sample(size: int | GrowingSize) -> int:
    """What a number is with a batch of 1."""
    return size.slope + size.offset if isinstance(size, GrowingSize) else size


def growing_axis(sizes: "Sequence[int | GrowingSize]") -> int | None:
    """The axis that grows with the batch.

    Raises:
        Untranslated: several do, or one does not in proportion.
    """
    growing = [axis for axis, size in enumerate(sizes) if isinstance(size, GrowingSize)]
    if len(growing) > 1:
        raise Untranslated("several of its axes grow with the batch")
    for axis in growing:
        size = sizes[axis]
        if isinstance(size, GrowingSize) and size.offset:
            raise Untranslated(f"axis {axis} grows with the batch, and has {size.offset} positions besides")
    return growing[0] if growing else None


def layout_of_value(value: "RecordedValue", outer: int = 1) -> Layout:
    """The layout that the sizes of a value show.

    Args:
        value: of the run.
        outer: positions before the batch in its axis, where it shares it.
    """
    return layout_of(value.sizes, outer)


def layout_of(sizes: "Sequence[int | GrowingSize]", outer: int = 1) -> Layout:
    """The layout of a tensor of these sizes."""
    axis = growing_axis(sizes)
    size = None if axis is None else sizes[axis]
    if not isinstance(size, GrowingSize):
        return UNBATCHED
    return Layout(axis, size.slope, outer if size.slope > 1 else 1)


def regrouped_layout(shape: "Shape", layout: Layout, sizes: "Sequence[int | GrowingSize]") -> Layout:
    """The layout behind a reshape to ``sizes``.

    Raises:
        Untranslated: the batch would be torn apart.
    """
    axis = growing_axis(sizes)
    if axis is None or layout.axis is None:
        if axis is None and layout.axis is None:
            return UNBATCHED
        raise Untranslated("the batch comes or goes in a reshape")
    size = sizes[axis]
    inside = size.slope if isinstance(size, GrowingSize) else 1
    before = layout.before(shape)
    outside = prod(_one_sample(each) for each in sizes[:axis])
    outer, rest = divmod(before, outside) if outside else (0, 1)
    if rest or not outer or inside % outer:
        raise Untranslated("the batch is torn apart in a reshape")
    return Layout(axis, inside, outer)
