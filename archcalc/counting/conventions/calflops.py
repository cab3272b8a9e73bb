"""calflops: functions of torch are patched, and count where a module calls them."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    CELLS,
    RECURRENT,
    TRANSPOSED,
    maps,
    prices,
    products,
    unseen,
)

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer


def _transposed(layer: "TracedLayer") -> int:
    """Output channels of a group are divided by the groups once more: 0 where they do not suffice."""
    channels, of_group, *kernel = layer.facts.weights["weight"]
    groups = layer.output.shape[0] // of_group
    positions = layer.inputs[0].tensor.shape[1:]
    return prod(kernel) * channels * (of_group // groups) * prod(positions)


CALFLOPS = Convention(
    "calflops",
    "calflops 0.3",
    "products of convolutions, linear maps and matrices; norms and activations are FLOPs and no MACs;"
    " attention's fused products and recurrences 0; all of a TransformerEncoderLayer twice, as measured",
    prices(_transposed, *TRANSPOSED)
    | prices(products, "MatMul")
    | prices(unseen, *RECURRENT, *CELLS, "ScaledDotProductAttention", "Bilinear", "Embedding"),
    maps,
    scopes={"TransformerEncoderLayer": 2},
    reasons={
        "": "counted twice in a TransformerEncoderLayer",
        **dict.fromkeys(TRANSPOSED, "channels are divided by the groups twice"),
        **dict.fromkeys((*RECURRENT, *CELLS), "counted as FLOPs and not as MACs"),
        "MultiheadAttention": "scores and mixing are one fused function that is not patched",
        "ScaledDotProductAttention": "a fused function that is not patched",
    },
)
