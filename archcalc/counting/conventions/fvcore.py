"""fvcore: operators of a traced graph; a multiply-accumulate is one of its flops."""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.attending import fused
from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    BATCH_NORMS,
    CONVOLUTIONS,
    INSTANCE_NORMS,
    RECURRENT,
    maps,
    numbers_given,
    per_number,
    per_output,
    prices,
    products,
    unseen,
)

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer

UPSAMPLED = {"bilinear": 4, "nearest": 1}
"""Operations per output of an image in these modes."""
IMAGE = 3
"""Axes of an image."""


def _upsampled(layer: "TracedLayer") -> int:
    each = UPSAMPLED.get(str(dict(layer.arguments).get("mode")), 0)
    return each * numbers_given(layer) if len(layer.output.shape) == IMAGE else 0


def _convolved(layer: "TracedLayer") -> int | None:
    """Products; padding by a word is another operator, which has no handle."""
    given = dict(layer.arguments)
    by_word = isinstance(given["padding"], str) and given["padding_mode"] == "zeros"
    return 0 if by_word else maps(layer)


def _batch_normed(layer: "TracedLayer") -> int | None:
    """Without running statistics those of the batch are taken, as in training."""
    kept = dict(layer.arguments).get("track_running_stats", True)
    price = per_number(1, 2) if kept else per_number(4, 5)
    return price(layer)


NORM = "an estimate: 4 per number, 5 with a learned scale"
FVCORE = Convention(
    "fvcore",
    "fvcore 0.1.5",
    "products of convolutions and matrices without biases; 5 per number of a norm that takes statistics, 2 of"
    " one that does not; adaptive 2-d means 1; attention's fused products and recurrences (not cells) 0, and"
    " convolutions whose padding is a word",
    prices(_batch_normed, *BATCH_NORMS)
    | prices(_convolved, *CONVOLUTIONS)
    | prices(per_number(4, 5), *INSTANCE_NORMS, "LayerNorm", "GroupNorm")
    | prices(per_number(1), "AdaptiveAvgPool2d")
    | prices(per_output(4), "UpsamplingBilinear2d")
    | prices(per_output(1), "UpsamplingNearest2d")
    | prices(products, "MatMul", "Einsum", "ShiftedWindowAttention")
    | prices(unseen, *RECURRENT, "ScaledDotProductAttention", "Bilinear", "Embedding", "DeformConv2d")
    | prices(_upsampled, "Upsample")
    | prices(fused(maps), "MultiheadAttention"),
    maps,
    params="once",
    reasons={
        "": "products without weights are not seen",
        **dict.fromkeys((*INSTANCE_NORMS, "LayerNorm", "GroupNorm"), NORM),
        **dict.fromkeys(
            ("UpsamplingBilinear2d", "UpsamplingNearest2d"),
            "4 per number of a bilinear image, 1 of a nearest one",
        ),
        **dict.fromkeys(
            BATCH_NORMS, "1 per number, 2 with a learned scale; without running statistics 4 and 5"
        ),
        **dict.fromkeys(CONVOLUTIONS, "padding by a word is an operator without a handle"),
        **dict.fromkeys((*RECURRENT, "Bilinear", "DeformConv2d"), "an operator without a handle"),
        "MultiheadAttention": "scores and mixing are one fused operator without a handle",
        "ScaledDotProductAttention": "a fused operator without a handle",
        "AdaptiveAvgPool2d": "an operation per number that is read",
        "Upsample": "4 per number of a bilinear image, 1 of a nearest one",
    },
)
