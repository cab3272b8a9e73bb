"""calflops: functions of torch are patched, and count where a module calls them."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.kernels import groups_written, made_by_group, sizes_of
from archcalc.counting.conventions.prices import (
    CELLS,
    CONVOLUTIONS,
    RECURRENT,
    TRANSPOSED,
    maps,
    numbers_read,
    prices,
    products,
    unseen,
)
from archcalc.formulas.windows import conv_output, same_padding

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer


def _transposed(layer: "TracedLayer") -> int:
    """Output channels of a group are divided by the groups once more: 0 where they do not suffice."""
    channels = made_by_group(layer) // groups_written(layer)
    return channels * numbers_read(layer) * prod(sizes_of(layer, "kernel_size"))


def _convolved(layer: "TracedLayer") -> int | None:
    """Products; with padding 'same' half of it, rounded down, is taken for both sides."""
    given, macs = dict(layer.arguments), maps(layer)
    if macs is None or given["padding"] != "same" or given["padding_mode"] != "zeros":
        return macs
    arriving, leaving = layer.inputs[0].tensor.shape[1:], layer.output.shape[1:]
    kernel, dilation = sizes_of(layer, "kernel_size"), sizes_of(layer, "dilation")
    sides = (same_padding(k, d)[0] for k, d in zip(kernel, dilation, strict=True))
    axes = zip(arriving, kernel, sides, dilation, strict=True)
    return macs // prod(leaving) * prod(conv_output(n, k, 1, side, side, d) for n, k, side, d in axes)


UNPATCHED = (
    *RECURRENT,
    *CELLS,
    "ScaledDotProductAttention",
    "Bilinear",
    "Embedding",
    "DeformConv2d",
    "Einsum",
)
CALFLOPS = Convention(
    "calflops",
    "calflops 0.3",
    "products of convolutions, linear maps and matrices; norms and activations are FLOPs and no MACs;"
    " scores and mixing of attention and recurrences 0",
    prices(_transposed, *TRANSPOSED)
    | prices(_convolved, *CONVOLUTIONS)
    | prices(products, "MatMul", "ShiftedWindowAttention")
    | prices(unseen, *UNPATCHED),
    maps,
    reasons={
        "": "products without weights are not seen",
        **dict.fromkeys(CONVOLUTIONS, "half of an odd padding 'same' is taken off: fewer outputs"),
        **dict.fromkeys(UNPATCHED, "a function that is not patched"),
        **dict.fromkeys(TRANSPOSED, "channels are divided by the groups twice"),
        **dict.fromkeys((*RECURRENT, *CELLS), "counted as FLOPs and not as MACs"),
        "MultiheadAttention": "scores and mixing are functions that are not patched",
    },
)
