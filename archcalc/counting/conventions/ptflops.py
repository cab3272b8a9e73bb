"""ptflops with both of its back ends: hooks on torch's modules, and operators of ATen."""

from math import prod
from typing import TYPE_CHECKING, cast

from archcalc.counting.conventions.attending import asked_apart, fused, scored, scores_and_mixing
from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.kernels import sizes_of
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
    added,
    maps,
    numbers_given,
    numbers_read,
    per_number,
    per_output,
    prices,
    products,
    ranked,
    unseen,
    with_biases,
)
from archcalc.counting.conventions.recurrences import gates_added, unfused, with_bias_sums
from archcalc.layers.arguments import per_axis

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer

POOLS = (*MAX_POOLS, *MEAN_POOLS, *ADAPTIVE_MEANS)
PATCHED = ("ReLU", "PReLU", "ELU", "GELU", *POOLS)
"""Modules that have a hook, and call a function that is patched besides: both count."""
READ_ONCE = ("LayerNorm", "Softmax", "Softmax2d", "LeakyReLU", "ReLU6", "SiLU")
UPSAMPLINGS = ("UpsamplingBilinear2d", "UpsamplingNearest2d")
POWER_MEANS = ranked("LPPool")
FOR_A_TAP = 24
RANK = 2
SUMS = "a sum per number for the bias"


def _of_attention(layer: "TracedLayer") -> int | None:
    """By the sizes that arrive: keys of its own are not known, and a bias of the output always counts.

    Projections are squares of features; scale and softmax are an operation per number. Where weights are
    asked for, the functions that make them count besides.
    """
    attention, apart = layer.facts.attention, scores_and_mixing(layer) if asked_apart(layer) else 0
    streams = [port.tensor.shape for port in layer.inputs[:3]]
    (queries, features), (keys, kdim), (values, vdim) = [*streams, *streams[-1:] * 2][:3]
    if attention is None or apart is None:
        return None
    biased = bool(dict(layer.arguments).get("bias", True))
    heads, each = attention.heads, queries * keys
    return (
        (queries * features + keys * kdim**2 + values * vdim**2 + queries * features**2)
        + (biased * (queries + keys + values) * features + queries * vdim * (vdim + 1))
        + heads * each * (features // heads + 1 + vdim // heads)
        + (apart + prod(scored(layer)) if asked_apart(layer) else 0)
    )


def _in_windows(layer: "TracedLayer") -> int | None:
    """Scores, softmax and mixing, which are patched; the maps are called as functions, which are not."""
    found = scores_and_mixing(layer)
    return None if found is None else found + prod(scored(layer))


def _interpolated(layer: "TracedLayer") -> int:
    """Outputs of the patched function: numbers of the input times the scale, not rounded on every axis."""
    scale = dict(layer.arguments).get("scale_factor")
    if scale is None:
        return numbers_given(layer)
    each = per_axis(cast("float", scale), len(layer.output.shape) - 1, "scale_factor")
    return int(numbers_read(layer) * (int(prod(each)) if isinstance(scale, tuple) else prod(each)))


def _power_mean(layer: "TracedLayer") -> int:
    """The mean reads every number; behind it a ReLU and a product are patched functions."""
    return numbers_read(layer) + 2 * numbers_given(layer)


def _response_norm(layer: "TracedLayer") -> int:
    """A square, a product and a sum per number, and a mean over channels with the padding between them."""
    channels, *positions = layer.inputs[0].tensor.shape
    padded = channels + cast("int", dict(layer.arguments)["size"]) - 1
    return 3 * numbers_read(layer) + padded * prod(positions)


def _deformed(layer: "TracedLayer") -> int | None:
    """A convolution, and 24 operations for every tap and position (4 for its place), 25 with a mask."""
    macs = with_biases(maps)(layer)
    taps = sizes_of(layer, "kernel_size")
    each = FOR_A_TAP + (len(layer.inputs) > RANK)
    return None if macs is None else macs + each * prod(taps) * prod(layer.output.shape[1:])


PTFLOPS = Convention(
    "ptflops",
    "ptflops 0.7, back end pytorch",
    "products with biases of convolutions, linear maps, attention, recurrences; 2 per number of activations"
    " and pools that have a hook and a patched function, 1 of others; 1 of norms, 2 of those learned over"
    " channels",
    prices(with_biases(products), *CONVOLUTIONS, *TRANSPOSED, "Linear")
    | prices(per_number(1, 2), *BATCH_NORMS, *INSTANCE_NORMS, "GroupNorm")
    | prices(per_number(1), "LayerNorm", "Softmax", "Softmax2d")
    | prices(per_number(2), *PATCHED)
    | prices(per_number(1), "LeakyReLU", "ReLU6", "SiLU")
    | prices(added(per_output(1), _interpolated), "Upsample")
    | prices(_interpolated, *UPSAMPLINGS)
    | prices(_power_mean, *POWER_MEANS)
    | prices(products, "MatMul")
    | prices(gates_added(1, 1), "RNN", "RNNCell")
    | prices(gates_added(3, 7), "GRU", "GRUCell")
    | prices(gates_added(4, 10), "LSTM", "LSTMCell")
    | prices(unseen, "ScaledDotProductAttention", "Embedding", "FunctionalLinear")
    | {
        "MultiheadAttention": _of_attention,
        "LocalResponseNorm": _response_norm,
        "ShiftedWindowAttention": _in_windows,
        "DeformConv2d": _deformed,
    },
    with_biases(maps),
    functions=prices(per_number(1), *PATCHED, "ReLU6", "SiLU", "Softmax")
    | prices(_interpolated, "Upsample", *UPSAMPLINGS)
    | prices(products, "MatMul"),
    reasons={
        "": "biases count; products without weights do not",
        **dict.fromkeys(READ_ONCE, "an operation per number that is read"),
        **dict.fromkeys(
            PATCHED, "an operation per number in a hook of the module, and one in a patched function"
        ),
        **dict.fromkeys((*CONVOLUTIONS, *TRANSPOSED, "Linear"), SUMS),
        **dict.fromkeys((*BATCH_NORMS, *INSTANCE_NORMS, "GroupNorm"), "1 per number, 2 with a learned scale"),
        **dict.fromkeys((*RECURRENT, *CELLS), "biases, sums and the next state count too"),
        **dict.fromkeys(
            ("Upsample", *UPSAMPLINGS), "one per output in a function, in a hook of Upsample another"
        ),
        **dict.fromkeys(POWER_MEANS, "functions inside: a mean of all numbers, two operations per output"),
        "LocalResponseNorm": "functions inside: 3 operations per number, and a mean over padded channels",
        "DeformConv2d": "24 operations for the place of every tap, 25 with a mask",
        "ShiftedWindowAttention": "linear maps are functions that are not patched; one operation per score",
        "MultiheadAttention": "biases, one operation per score, one per feature of a query",
        "ScaledDotProductAttention": "a function that is not patched",
    },
)
PTFLOPS_ATEN = Convention(
    "ptflops-aten",
    "ptflops 0.7, back end aten",
    "products of convolutions and matrices, of RNN, GRU and cells, and their biases; LSTM and attention's"
    " fused products 0",
    prices(unseen, "ScaledDotProductAttention", "Bilinear", "Embedding", "DeformConv2d")
    | prices(unfused(with_bias_sums), *RECURRENT, *CELLS)
    | prices(fused(with_biases(maps)), "MultiheadAttention")
    | prices(with_biases(products), "ShiftedWindowAttention")
    | prices(products, "MatMul", "Einsum"),
    with_biases(maps),
    reasons={
        "": "biases count; products without weights do not",
        **dict.fromkeys((*CONVOLUTIONS, *TRANSPOSED, "Linear", "ShiftedWindowAttention"), SUMS),
        **dict.fromkeys(("LSTM", "Bilinear", "DeformConv2d"), "an operator that is not in its table"),
        **dict.fromkeys((*RECURRENT[:1], *RECURRENT[2:], *CELLS), "a sum for every bias"),
        "MultiheadAttention": "biases count; scores and mixing are one fused operator, which does not",
        "ScaledDotProductAttention": "a fused operator that is not in its table",
    },
)
