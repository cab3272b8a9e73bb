"""thop (ultralytics-thop), and Ultralytics, which prints twice its number as FLOPs."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.counting.conventions.attending import scored
from archcalc.counting.conventions.convention import FUNCTION, Convention
from archcalc.counting.conventions.prices import (
    ADAPTIVE_MEANS,
    BATCH_NORMS,
    CELLS,
    CONVOLUTIONS,
    INSTANCE_NORMS,
    MEAN_POOLS,
    TRANSPOSED,
    added,
    maps,
    numbers_given,
    numbers_read,
    per_number,
    per_output,
    prices,
    products,
    reductions,
    unseen,
)
from archcalc.counting.conventions.recurrences import units_assumed
from archcalc.layers.axes import module_axis

if TYPE_CHECKING:
    from archcalc.counting.conventions.prices import Price
    from archcalc.tracing import TracedLayer

UPSAMPLING = {"linear": 5, "bilinear": 11, "bicubic": 259, "trilinear": 31}


def _softmax(rows: int, numbers: int) -> int:
    """An exponential, a sum and a quotient per number, and a sum less in every row."""
    return rows * (3 * numbers - 1)


def of_softmax(layer: "TracedLayer") -> int:
    """A softmax along its axis; turned round or with a logarithm a little more."""
    shape, dim = layer.output.shape, layer.facts.inferred.get("dim", 1)
    over_batch = dim in (0, -len(shape) - 1)  # of one sample
    numbers = shape[module_axis(dim, len(shape))] if isinstance(dim, int) and not over_batch else 1
    rows = numbers_given(layer) // numbers
    more = {"Softmin": numbers_read(layer), "LogSoftmax": rows}
    return _softmax(rows, numbers) + more.get(layer.type, 0)


def _of_bilinear(layer: "TracedLayer") -> int:
    """Both contractions of an output: (in1 + 1) in2."""
    first, second = (port.tensor.shape[-1] for port in layer.inputs)
    return (first + 1) * second * numbers_given(layer)


def _of_attention(layer: "TracedLayer") -> int:
    return (products(layer) or 0) + _softmax(*scored(layer))


def _upsampled(layer: "TracedLayer") -> int:
    mode = dict(layer.arguments).get("mode", "bilinear" if "Bilinear" in layer.type else "nearest")
    return UPSAMPLING.get(str(mode), 0) * numbers_given(layer)


def _twice(price: "Price") -> "Price":
    def priced(layer: "TracedLayer") -> int | None:
        macs = price(layer)
        return None if macs is None else 2 * macs

    return priced


RECURRENCES = {
    **prices(units_assumed(1, 0), "RNN", "RNNCell"),
    **prices(units_assumed(3, 4), "GRU", "GRUCell"),
    **prices(units_assumed(4, 4), "LSTM", "LSTMCell"),
}
UNSEEN = (
    "MatMul",
    "ShiftedWindowAttention",
    "ScaledDotProductAttention",
    "Embedding",
    "DeformConv2d",
    "FunctionalLinear",
    "Einsum",
)
SOFTMAXES = ("Softmax", "LogSoftmax", "Softmin", "Softmax2d")
UPSAMPLED = ("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d")
MEANS = added(reductions, per_output(1))
THOP = Convention(
    "thop",
    "ultralytics-thop 2",
    "products of convolutions, linear maps, attention and recurrences without biases; 2 per number of a norm,"
    " 4 where it is learned; softmax 3, means of pools 1 per number and 1 per output; activations 0",
    prices(products, *CONVOLUTIONS, *TRANSPOSED, "Linear")
    | prices(per_number(2, 4), *BATCH_NORMS, *INSTANCE_NORMS, "LayerNorm", "RMSNorm", "GroupNorm")
    | prices(per_number(1), "PReLU")
    | prices(of_softmax, *SOFTMAXES)
    | prices(MEANS, *MEAN_POOLS, *ADAPTIVE_MEANS)
    | prices(_upsampled, *UPSAMPLED)
    | {
        "MultiheadAttention": _of_attention,
        "Bilinear": _of_bilinear,
    }
    | RECURRENCES
    | prices(unseen, *UNSEEN),
    maps,
    functions={},
    params="once",
    reasons={
        "": "products with weights alone",
        **dict.fromkeys(
            (*BATCH_NORMS, *INSTANCE_NORMS, "LayerNorm", "RMSNorm", "GroupNorm"),
            "2 per number, 4 with a learned scale",
        ),
        **dict.fromkeys(SOFTMAXES, "3 operations per number, less one in every row"),
        **dict.fromkeys(UPSAMPLED, "operations per output, by the mode"),
        **dict.fromkeys(CELLS, "sums of gates, their biases and the next state count too"),
        "PReLU": "an operation per number",
        "Bilinear": "both contractions count",
        "MultiheadAttention": "3 operations per score for the softmax, less one in every row",
        "LSTM": "sums of gates, their biases and the next state count too",
        "GRU": "sums of gates, their biases and the next state count too",
        "RNN": "sums of gates and their biases count too",
        **dict.fromkeys(UNSEEN, FUNCTION),
        **dict.fromkeys((*MEAN_POOLS, *ADAPTIVE_MEANS), "a sum per number, a quotient per output"),
    },
)
ULTRALYTICS = replace(
    THOP,
    name="ultralytics",
    tool="ultralytics 8 (thop)",
    prices={kind: _twice(price) for kind, price in THOP.prices.items()},
    others=_twice(maps),
    per_mac=2,
    counts=f"twice what thop counts, as FLOPs: {THOP.counts}",
)
