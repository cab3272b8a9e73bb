"""How a gradient shrinks on its way back through plain layers as torch initialises them."""

from math import inf, prod
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.layers.carrying.kernels import MOMENTS
from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.functions import distributes, hands_on
from archcalc.rules.questions.maps import is_map
from archcalc.tracing.records import tensor_name
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Stretch(NamedTuple):
    """Maps and activations in a row, with nothing between that brings a signal back to its size.

    Args:
        maps: the linear maps.
        square: mean square of the numbers behind the last layer, of an input of mean square 1.
        gradient: squared length of the gradient at the output of the first map, of 1 behind the last layer.
        at_last: the same, of 1 at the output of the last map.
    """

    maps: tuple[TracedLayer, ...] = ()
    square: float = 1.0
    gradient: float = 1.0
    at_last: float = 1.0


def last_stretch(context: Context, run: "Sequence[TracedLayer]") -> Stretch:
    """What stands in a run behind its last normalisation, or layer of which no variance is known.

    A map of variance w, of which each output reads n numbers, multiplies the mean square of a signal by n w,
    and the squared length of a gradient as well: it has as many ways back as there. At torch's
    initialisation n w = 1/3; where the spec says how weights are drawn, that counts. What a function does
    stands on its kind. Paddings, pools and what drops numbers count for nothing: a padding takes a little
    more away, a max pool hands the gradient on whole, and what a mean spreads over its places is gathered
    again by the weights that they share.
    """
    stretch, crosses = Stretch(), context.crosses(run)
    for layer in run:
        longer = lengthened(context, stretch, layer)
        times = context.times(layer.name) if crosses else 1
        stretch = longer if times == 1 else _repeated(stretch, longer, times)
    return stretch


def _repeated(before: Stretch, behind: Stretch, times: int) -> Stretch:
    """A layer of a turn that stands for others, far from both ends: each does the same to a gradient."""
    if not before.gradient or not before.maps or not behind.maps:
        return behind
    try:
        gradient = before.gradient * (behind.gradient / before.gradient) ** times
    except OverflowError:
        gradient = inf
    is_map_too = len(behind.maps) > len(before.maps)
    return behind._replace(gradient=gradient, at_last=gradient if is_map_too else before.at_last)


def lengthened(context: Context, stretch: Stretch, layer: TracedLayer) -> Stretch:
    """The stretch and one more layer; none of it behind one that brings a signal back to its size."""
    gain = _gain(context, layer)
    kind = layer.arguments
    if kind.bends and not kind.homogeneous:
        spend(MOMENTS)
    try:
        bent = kind.bent(stretch.square) if gain is None else None
    except OverflowError:  # numbers beyond what a double holds
        return Stretch()
    if gain is not None:
        return _behind_map(context, stretch, layer, gain)
    if bent is not None:
        return stretch._replace(square=bent.power, gradient=stretch.gradient * bent.slope)
    return stretch if hands_on(layer) or distributes(layer) else Stretch()


def _behind_map(context: Context, stretch: Stretch, layer: TracedLayer, gain: float) -> Stretch:
    """The stretch and one more map; what lies before the first one is no matter of the gradient."""
    shift = context.first_weights.of(layer).get("bias", 0.0) if "bias" in layer.facts.weights else 0.0
    gradient = stretch.gradient * gain if stretch.maps else 1.0
    return Stretch((*stretch.maps, layer), gain * stretch.square + shift, gradient, gradient)


def _gain(context: Context, layer: TracedLayer) -> float | None:
    """N w of a map as it is initialised; None: its weights come from elsewhere, or it is none."""
    weight = layer.facts.weights.get("weight")
    shared = any(tensor_name(layer.name, own) in context.trace.shared for own in layer.facts.weights)
    if weight is None or "weight" in layer.untrained or shared or not is_map(layer):
        return None
    square = context.first_weights.of(layer).get("weight")
    return None if square is None else square * (layer.facts.macs or 0) / prod(layer.output.shape)
