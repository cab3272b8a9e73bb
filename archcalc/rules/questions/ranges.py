"""The smallest and largest number that layers can give: from activations, merges and pools before them."""

from dataclasses import dataclass
from functools import reduce
from math import inf
from typing import TYPE_CHECKING

from archcalc.rules.questions.images import ELEMENTWISE, argument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.tracing import Trace, TracedLayer

REGROUPING = ("Identity", "Flatten", "Unflatten", "Reshape", "Permute", "Transpose", "Squeeze", "Unsqueeze")
"""Kinds that give the same numbers in another order or shape."""
CHOOSING = (
    *REGROUPING,
    *("Slice", "Chunk", "Split", "Crop", "ChannelShuffle", "PixelShuffle", "PixelUnshuffle"),
    *("MaxPool", "AdaptiveMaxPool", "FractionalMaxPool", "Max", "GlobalMaxPool"),
)
"""Kinds each of whose numbers is one of those that they read."""
AVERAGING = ("AdaptiveAvgPool", "Mean", "GlobalMeanPool")
"""Kinds each of whose numbers is a mean of those that they read."""


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers of a tensor lie from ``low`` to ``high``, in training and at inference.

    Args:
        low: minus infinity where nothing is known.
        high: infinity where nothing is known.
        by: the layer that sees to it, an activation or a merge; None where nothing is known.
    """

    low: float = -inf
    high: float = inf
    by: "TracedLayer | None" = None

    def within(self, low: float, high: float) -> bool:
        """Whether every number lies from ``low`` to ``high``."""
        return low <= self.low and self.high <= high


ANY = Range()


def ranges(trace: "Trace") -> "Mapping[str, Range]":
    """The range of every layer, by its name."""
    found: dict[str, Range] = {}
    for layer in trace.layers:
        read = [found.get(port.layer, ANY) for port in layer.inputs]
        low, high = _ends(layer, read)
        if not -inf <= low <= high <= inf or (low, high) == (-inf, inf):
            continue  # nothing known; a slope that is no number says nothing either
        handed_on = layer.is_a(*CHOOSING, *AVERAGING, "Dropout", "AvgPool", "Upsample")
        found[layer.name] = Range(low, high, read[0].by if handed_on else layer)
    return found


def _ends(layer: "TracedLayer", read: "Sequence[Range]") -> tuple[float, float]:
    if not read:
        return -inf, inf
    if layer.is_a("Add"):
        return sum(each.low for each in read), sum(each.high for each in read)
    if layer.is_a("Multiply"):
        positive = all(each.low >= 0 for each in read)
        return (0.0, reduce(_product, (each.high for each in read))) if positive else (-inf, inf)
    if layer.is_a("Concat", "Stack"):
        return min(each.low for each in read), max(each.high for each in read)
    if layer.is_a("SAGEConv") and getattr(layer.arguments, "normalize", False):
        return -1.0, 1.0  # the features of a node have length 1
    return _of_one(layer, read[0].low, read[0].high)


def _of_one(layer: "TracedLayer", low: float, high: float) -> tuple[float, float]:
    """The range of a layer that reads one tensor, or whose other inputs are no numbers to calculate with."""
    if layer.is_a(*CHOOSING, *AVERAGING):
        return low, high
    if layer.is_a("AvgPool", "ZeroPad") and not layer.is_a("ConstantPad"):
        low, high = min(low, 0.0), max(high, 0.0)
        divided = getattr(layer.arguments, "divisor_override", None) is not None
        return _signs(low, high) if divided else (low, high)
    if layer.is_a("Upsample", "Upsampling2d"):
        return (-inf, inf) if getattr(layer.arguments, "mode", "") == "bicubic" else (low, high)
    if layer.is_a("Sum", "GlobalAddPool"):
        return _signs(low, high)
    if layer.is_a("Dropout"):
        return _dropped(layer, low, high)
    image = ELEMENTWISE.get(layer.type)
    return image(layer.arguments, low, high) if image else (-inf, inf)


def _product(one: float, other: float) -> float:
    """The product of two highest numbers, of which 0 leaves nothing of an infinity."""
    return one * other if one and other else 0.0


def _signs(low: float, high: float) -> tuple[float, float]:
    """What is known of a multiple, or a sum, of numbers in a range."""
    return 0.0 if low >= 0 else -inf, 0.0 if high <= 0 else inf


def _dropped(layer: "TracedLayer", low: float, high: float) -> tuple[float, float]:
    """Numbers are 0, or divided by 1 - p; the alpha kinds set them to a negative number."""
    p = argument(layer.arguments, "p")
    if p == 0:
        return low, high
    if layer.is_a("AlphaDropout", "FeatureAlphaDropout") or p == 1:
        return -inf, inf
    return min(low / (1 - p), low, 0.0), max(high / (1 - p), high, 0.0)
