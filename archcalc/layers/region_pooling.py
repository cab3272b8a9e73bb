"""Pools over regions of a map that other layers propose (torchvision.ops.RoIAlign)."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, WHOLE, AxisRead, Facts, Tensor
from archcalc.formulas.elementwise import each_number, interpolation_operations
from archcalc.keeping import Saved
from archcalc.layers.arguments import Sizes, per_axis
from archcalc.layers.base import Layer, channels_first, single_float
from archcalc.layers.mathematics import Ends, with_zero
from archcalc.layers.operations import fold_work
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.work import Sort, Worked

PLANE = 2
AROUND = 4
"""Positions around a point."""
CORNERS = (4, 5)
"""Numbers of a box: x1, y1, x2, y2, or the same behind the number of its sample in the batch."""


class RoIAlign(Layer, frozen=True):
    """Cut every box out of a map in ``output_size`` bins, each a mean of points between its positions.

    He et al. 2017, Mask R-CNN (arXiv 1703.06870). The boxes of a sample cut its own map: where they have 5
    numbers, the first one is that of the sample in the batch. As in other resizing, weighing the positions
    around a point is 0 MACs.
    """

    output_size: Sizes
    """Bins of a box: one number for both axes, or one per axis."""
    spatial_scale: Annotated[float, Field(gt=0)] = 1.0
    """Positions of the map per unit of the boxes' coordinates."""
    sampling_ratio: int = -1
    """Points of a bin along each axis; 0 or less: as many as it has positions, rounded up."""
    aligned: bool = False
    """Take the middle of a position for its coordinate, half a position before its end."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Map (C, H, W) and boxes (K, 4 or 5) -> (K, C, h, w)."""
        if len(inputs) != 2:  # noqa: PLR2004  said in the text
            fact = f"takes a map and boxes, got {len(inputs)} input{'' if len(inputs) == 1 else 's'}"
            raise Fault(fact, key="from", hint="name them: from: [features, boxes]")
        image, boxes = inputs
        channels, _ = channels_first(single_float((image,)), PLANE)
        bins = per_axis(self.output_size, PLANE, "output_size")
        anywhere = AxisRead(None, WHOLE, sampled=True)
        return Facts(
            {"output": Tensor((_boxes(boxes, image.dtype), channels, *bins), image.dtype)},
            work=self._work((_boxes(boxes, image.dtype), channels, *bins)),
            reads=(
                (AxisRead(1, IDENTITY), anywhere, anywhere),
                (AxisRead(0, IDENTITY), AxisRead(None, FEATURES)),
            ),
        )

    def _work(self, output: "Shape") -> "Worked":
        """Every point is a weighted mean of four positions; how many a bin has may depend on its box."""
        points = self.sampling_ratio**PLANE if self.sampling_ratio > 0 else None
        if points is None:
            sorts: tuple[Sort, ...] = ("gather", "elementwise", "reduction")
            return tuple(Work(sort, None) for sort in sorts)
        read = (points, *output)
        fetched = Work("gather", each_number(read, AROUND))
        return fetched, Work("elementwise", interpolation_operations(read, AROUND)), *fold_work(read, output)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The boxes, each behind the number of its sample, as torchvision's operator has it."""
        del facts
        return Saved(others=(Tensor((inputs[1].shape[0], max(CORNERS)), inputs[1].dtype),))

    def image(self, *read: Ends) -> Ends:
        """Means of what the map holds; a point outside of it is 0."""
        return with_zero(read[0])


def _boxes(boxes: Tensor, dtype: str) -> int:
    """How many boxes there are."""
    if len(boxes.shape) != 2 or boxes.shape[1] not in CORNERS:  # noqa: PLR2004  boxes and their numbers
        fact = f"boxes need shape [K, 4] or [K, 5], got {list(boxes.shape)}"
        raise Fault(fact, key="from", hint="of every box x1, y1, x2, y2, perhaps behind the sample's number")
    if boxes.dtype != dtype:
        raise Fault(f"the boxes are {boxes.dtype}, but the map {dtype}", key="from")
    return boxes.shape[0]
