"""ptflops with both of its back ends: hooks on torch's modules, and operators of ATen."""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    ADAPTIVE_MEANS,
    BATCH_NORMS,
    CELLS,
    CONVOLUTIONS,
    INSTANCE_NORMS,
    MAX_POOLS,
    MEAN_POOLS,
    RECURRENT,
    TRANSPOSED,
    maps,
    per_number,
    per_output,
    prices,
    products,
    unseen,
    with_biases,
)

if TYPE_CHECKING:
    from archcalc.counting.conventions.prices import Price
    from archcalc.tracing import TracedLayer

POOLS = (*MAX_POOLS, *MEAN_POOLS, *ADAPTIVE_MEANS)
PATCHED = ("ReLU", "PReLU", "ELU", "GELU", *POOLS)
"""Modules that have a hook, and call a function that is patched besides: both count."""
SUMS = "a sum per number for the bias"


def _of_attention(layer: "TracedLayer") -> int | None:
    """Products and biases, one operation per score, and one per feature of a query for the scale."""
    macs, attention = with_biases(products)(layer), layer.facts.attention
    if macs is None or attention is None:
        return macs
    heads, queries = attention.heads, attention.queries
    return macs + heads * queries * attention.keys + heads * queries * attention.head_dim


def _steps(of_gates: int, more: int) -> "Price":
    """Products, two biases of every gate, and so much more per unit and step."""

    def priced(layer: "TracedLayer") -> int | None:
        macs = products(layer)
        steps = layer.inputs[0].tensor.shape[0] if len(layer.inputs[0].tensor.shape) > 1 else 1
        rows = sum(shape[0] for name, shape in layer.facts.weights.items() if name.startswith("weight_hh"))
        sums = sum(shape[0] for name, shape in layer.facts.weights.items() if name.startswith("bias"))
        return None if macs is None else macs + steps * (rows // of_gates * more + sums)

    return priced


PTFLOPS = Convention(
    "ptflops",
    "ptflops 0.7, back end pytorch",
    "products with biases of convolutions, linear maps, attention, recurrences; 2 per number of activations"
    " and pools that have a hook and a patched function, 1 of others; 1 of norms, 2 of those learned over"
    " channels",
    prices(with_biases(products), *CONVOLUTIONS, *TRANSPOSED, "Linear", "FunctionalLinear")
    | prices(per_number(1, 2), *BATCH_NORMS, *INSTANCE_NORMS, "GroupNorm")
    | prices(per_number(1), "LayerNorm", "Softmax")
    | prices(per_number(2), *PATCHED)
    | prices(per_number(1), "LeakyReLU", "ReLU6", "SiLU")
    | prices(per_output(1), "Upsample")
    | prices(products, "MatMul")
    | {
        "MultiheadAttention": _of_attention,
        "RNN": _steps(1, 1),
        "RNNCell": _steps(1, 1),
        "GRU": _steps(3, 7),
        "GRUCell": _steps(3, 7),
        "LSTM": _steps(4, 10),
        "LSTMCell": _steps(4, 10),
        "ScaledDotProductAttention": unseen,
        "Embedding": unseen,
    },
    with_biases(maps),
    functions=prices(per_number(1), *PATCHED, "ReLU6", "SiLU", "Softmax") | prices(products, "MatMul"),
    reasons={
        "": "an operation per number that is read",
        **dict.fromkeys(
            PATCHED, "an operation per number in a hook of the module, and one in a patched function"
        ),
        **dict.fromkeys((*CONVOLUTIONS, *TRANSPOSED, "Linear"), SUMS),
        **dict.fromkeys((*BATCH_NORMS, *INSTANCE_NORMS), "1 per number, 2 with a learned scale"),
        **dict.fromkeys((*RECURRENT, *CELLS), "biases, sums and the next state count too"),
        "MultiheadAttention": "biases, one operation per score, one per feature of a query",
        "ScaledDotProductAttention": "a function that is not patched",
    },
)
PTFLOPS_ATEN = Convention(
    "ptflops-aten",
    "ptflops 0.7, back end aten",
    "products of convolutions and matrices, and their biases; recurrences and attention's fused products 0",
    prices(unseen, *RECURRENT, *CELLS, "ScaledDotProductAttention", "Bilinear", "Embedding")
    | prices(products, "MatMul", "Einsum"),
    with_biases(maps),
    reasons={
        "": SUMS,
        **dict.fromkeys((*RECURRENT, *CELLS), "an operator that is not in its table"),
        "MultiheadAttention": "biases count; scores and mixing are one fused operator, which does not",
        "ScaledDotProductAttention": "a fused operator that is not in its table",
    },
)
