"""Of which numbers a normalisation takes its means."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.facts import Shape


@dataclass(frozen=True, slots=True)
class Averages:
    """The numbers of which a normalisation takes one mean (or mean square), in training and in evaluation.

    Args:
        axes: axes of a sample, over which the mean runs as a whole.
        batch: in training it runs over all samples.
        running: in evaluation no mean is taken: the running statistics of training stand in its place.
        channels: neighbours along the axis of channels that belong to one mean; 1: each channel by itself.
        sliding: these are the ones around the channel, not a group of which all have one mean.
        channel_axis: the axis of the channels; 0 but in a Vmap.
    """

    axes: tuple[int, ...]
    batch: bool = False
    running: bool = False
    channels: int = 1
    sliding: bool = False
    channel_axis: int = 0

    def count(self, shape: "Shape") -> int:
        """Numbers of one sample of this shape of which one mean is taken."""
        return prod(shape[axis] for axis in self.axes) * self.channels
