"""fvcore: operators of a traced graph; a multiply-accumulate is one of its flops."""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    BATCH_NORMS,
    CELLS,
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


def _upsampled(layer: "TracedLayer") -> int:
    return UPSAMPLED.get(str(dict(layer.arguments).get("mode")), 0) * numbers_given(layer)


NORM = "an estimate: 4 per number, 5 with a learned scale"
FVCORE = Convention(
    "fvcore",
    "fvcore 0.1.5",
    "products of convolutions and matrices without biases; 5 per number of a norm that takes statistics, 2 of"
    " one that does not; adaptive 2-d means 1; attention's fused products and recurrences 0",
    prices(per_number(1, 2), *BATCH_NORMS)
    | prices(per_number(4, 5), *INSTANCE_NORMS, "LayerNorm", "GroupNorm")
    | prices(per_number(1), "AdaptiveAvgPool2d")
    | prices(per_output(4), "UpsamplingBilinear2d")
    | prices(per_output(1), "UpsamplingNearest2d")
    | prices(products, "MatMul", "Einsum")
    | prices(unseen, *RECURRENT, *CELLS, "ScaledDotProductAttention", "Bilinear", "Embedding")
    | prices(_upsampled, "Upsample"),
    maps,
    reasons={
        "": NORM,
        **dict.fromkeys(BATCH_NORMS, "1 per number, 2 with a learned scale"),
        **dict.fromkeys((*RECURRENT, *CELLS), "an operator without a handle"),
        "MultiheadAttention": "scores and mixing are one fused operator without a handle",
        "ScaledDotProductAttention": "a fused operator without a handle",
        "AdaptiveAvgPool2d": "an operation per number that is read",
        "Upsample": "4 per number of a bilinear image, 1 of a nearest one",
    },
)
