"""thop as it was before its successor (pytorch-OpCounter): the package ``thop``."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    ADAPTIVE_MEANS,
    BATCH_NORMS,
    CONVOLUTIONS,
    INSTANCE_NORMS,
    MEAN_POOLS,
    TRANSPOSED,
    maps,
    numbers_given,
    numbers_read,
    per_number,
    per_output,
    prices,
    unseen,
)
from archcalc.counting.conventions.thop import RECURRENCES, UPSAMPLING, of_softmax

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer

PER_OUTPUT = {"nearest": 1, **UPSAMPLING, "trilinear": 0}


def _transposed(layer: "TracedLayer") -> int:
    """As of a convolution: what the taps of an input would be, at every number of the output."""
    macs, read, given = maps(layer) or 0, numbers_read(layer), numbers_given(layer)
    arriving, leaving = layer.inputs[0].tensor.shape[0], layer.output.shape[0]
    return macs * given * arriving // (read * leaving)


def _adaptive(layer: "TracedLayer") -> int:
    """Sizes divided by each other for the numbers of a window, in floating point as there, and a quotient."""
    pairs = zip(layer.inputs[0].tensor.shape[1:], layer.output.shape[1:], strict=True)
    return int((prod(read / given for read, given in pairs) + 1) * numbers_given(layer))


def _upsampled(layer: "TracedLayer") -> int:
    mode = dict(layer.arguments).get("mode", "bilinear" if "Bilinear" in layer.type else "nearest")
    return PER_OUTPUT.get(str(mode), 0) * numbers_given(layer)


OP_COUNTER = Convention(
    "thop-0.1",
    "thop 0.1.1 (pytorch-OpCounter)",
    "products of convolutions, linear maps and recurrences without biases, of transposed convolutions at the"
    " positions of the output; 2 per number of batch, instance and layer norms, 4 where they are learned;"
    " softmax 3; means of pools 1 per output; attention, other norms and activations 0",
    prices(maps, *CONVOLUTIONS, "Linear")
    | prices(_transposed, *TRANSPOSED)
    | prices(per_number(2, 4), *BATCH_NORMS, *INSTANCE_NORMS, "LayerNorm")
    | prices(per_number(1), "PReLU")
    | prices(of_softmax, "Softmax")
    | prices(per_output(1), *MEAN_POOLS)
    | prices(_adaptive, *ADAPTIVE_MEANS)
    | prices(_upsampled, "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d")
    | RECURRENCES,
    unseen,
    functions={},
    reasons={
        "": "no hook for it",
        **dict.fromkeys(TRANSPOSED, "positions of the output, not of the input"),
        **dict.fromkeys((*BATCH_NORMS, *INSTANCE_NORMS, "LayerNorm"), "2 per number, 4 with a learned scale"),
        **dict.fromkeys(RECURRENCES, "sums of gates, their biases and the next state count too"),
        **dict.fromkeys(MEAN_POOLS, "a quotient per output"),
        **dict.fromkeys(ADAPTIVE_MEANS, "sizes divided for the numbers of a window, a quotient per output"),
        "Softmax": "3 operations per number, less one in every row",
        "PReLU": "an operation per number",
        **dict.fromkeys(
            ("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"), "operations per output, by the mode"
        ),
    },
)
