"""What follows from the function that a layer is: what it gives, where it does nothing, what it passes on."""

from functools import lru_cache
from math import inf

from archcalc.analyses.ranges import Range
from archcalc.facts import Window, unmoved
from archcalc.layers.mathematics import ANYTHING, Distribution, Passing
from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.maps import mixed_axis


def bends(layer: TracedLayer) -> bool:
    """Whether it is an activation: a function of single numbers that is not linear."""
    return layer.arguments.bends and not layer.arguments.in_formulas


def gives(layer: TracedLayer) -> Range:
    """What a layer gives whatever it reads."""
    return Range(*layer.arguments.image(*(ANYTHING for _ in layer.inputs)))


def keeps(layer: TracedLayer, read: Range) -> bool:
    """Whether it leaves all numbers of a range as they are."""
    unchanged = layer.arguments.unchanged()
    return unchanged is not None and read.within(*unchanged)


def keeps_signs(layer: TracedLayer) -> bool:
    """Whether it keeps the sign of every number, and the numbers from 0 on as they are."""
    return layer.arguments.unchanged() == (0, inf) and layer.arguments.image((-inf, 0.0))[1] <= 0


def cuts_below_zero(layer: TracedLayer) -> bool:
    """Whether it is a rectifier that makes 0 of all numbers below 0."""
    return layer.arguments.rectifies and layer.arguments.image((-inf, 0.0)) == (0, 0)


def squashes(layer: TracedLayer) -> bool:
    """Whether it is an activation between two limits that it comes to ever more slowly, and no clip."""
    ends = gives(layer)
    return bends(layer) and -inf < ends.low and ends.high < inf and layer.arguments.unchanged() is None


def is_gate(layer: TracedLayer) -> bool:
    """Whether it squashes all numbers to those from 0 to 1, and 0 to the middle: a sigmoid."""
    return squashes(layer) and gives(layer).ends == (0, 1) and layer.arguments.image((0.0, 0.0)) == (0.5, 0.5)


def distributes(layer: TracedLayer) -> bool:
    """Whether its numbers are such as add up to 1 along an axis, or their logarithms."""
    return layer.arguments.distributes is not None


def is_probability(layer: TracedLayer) -> bool:
    """Whether its numbers are positive and add up to 1 along an axis."""
    return layer.arguments.distributes in (Distribution.SOFTMAX, Distribution.SOFTMIN)


def is_logarithm(layer: TracedLayer) -> bool:
    """Whether its numbers are logarithms of such numbers."""
    return layer.arguments.distributes is Distribution.LOG_SOFTMAX


def along_one_axis(first: TracedLayer, second: TracedLayer) -> bool:
    """Whether both go along the same axis, with nothing regrouped between."""
    direct = second.inputs[0].layer == first.name
    return direct and mixed_axis(first) == mixed_axis(second) is not None


def regroups(layer: TracedLayer) -> bool:
    """Whether it gives the same numbers in another order or shape, and hands gradients back too."""
    return layer.arguments.passes is Passing.REGROUPED and not layer.arguments.detaches


def drops(layer: TracedLayer) -> bool:
    """Whether it leaves out numbers at random in training."""
    return layer.arguments.drops


def in_place(layer: TracedLayer) -> bool:
    """Whether it leaves every number at its place, and drops some at most."""
    return (regroups(layer) or drops(layer)) and layer.facts.first_reads == unmoved(len(layer.output.shape))


def hands_on(layer: TracedLayer) -> bool:
    """Whether it neither bends nor scales what it passes on, nor the gradient on its way back."""
    return (layer.arguments.passes is not None and not layer.arguments.detaches) or drops(layer)


def averages(layer: TracedLayer) -> bool:
    """Whether its numbers are means of those it reads."""
    return layer.arguments.passes is Passing.AVERAGED


def normalizes(layer: TracedLayer) -> bool:
    """Whether it divides by the root of a mean square."""
    return layer.arguments.normalizes is not None


def takes_positions(layer: TracedLayer) -> bool:
    """Whether it gives some positions of what it reads, each as it is, among constants at most."""
    one = (isinstance(read.reach, Window) and read.reach.kernel == 1 for read in layer.facts.first_reads)
    return layer.arguments.passes is Passing.CHOSEN and all(one)


def moves_windows(layer: TracedLayer) -> bool:
    """Whether each of its numbers is a fixed sum of those in a window over the positions of one channel."""
    reads = layer.facts.first_reads
    linear = regroups(layer) or averages(layer) or takes_positions(layer) or drops(layer)
    windows = all(isinstance(read.reach, Window) and read.to == axis for axis, read in enumerate(reads))
    channels = len(layer.output.shape) == len(reads) > 0 and reads[0].reach == Window()
    return linear and windows and channels and len(layer.inputs) == 1


@lru_cache(maxsize=1)  # each of many findings names it
def usual_activation(context: Context) -> str:
    """The activation that the network has elsewhere."""
    bending = (
        layer.type for layer in context.layers if bends(layer) and isinstance(layer.origin.entry(), str)
    )
    return next(bending, "ReLU")
