"""thop (ultralytics-thop), and Ultralytics, which prints twice its number as FLOPs."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    ADAPTIVE_MEANS,
    BATCH_NORMS,
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
    scored,
)

if TYPE_CHECKING:
    from archcalc.counting.conventions.prices import Price
    from archcalc.tracing import TracedLayer

UPSAMPLING = {"linear": 5, "bilinear": 11, "bicubic": 259, "trilinear": 31}


def _softmax(rows: int, numbers: int) -> int:
    """An exponential, a sum and a quotient per number, and a sum less in every row."""
    return rows * (3 * numbers - 1)


def _of_softmax(layer: "TracedLayer") -> int:
    shape, dim = layer.output.shape, layer.facts.inferred.get("dim", 1)
    numbers = shape[dim % (len(shape) + 1) - 1] if isinstance(dim, int) else 1
    turned = numbers_read(layer) if layer.type == "Softmin" else 0
    return _softmax(numbers_given(layer) // numbers, numbers) + turned


def _of_attention(layer: "TracedLayer") -> int:
    return (products(layer) or 0) + _softmax(*scored(layer))


def _upsampled(layer: "TracedLayer") -> int:
    mode = dict(layer.arguments).get("mode", "bilinear" if "Bilinear" in layer.type else "nearest")
    return UPSAMPLING.get(str(mode), 0) * numbers_given(layer)


def _steps(of_gates: int, more: int) -> "Price":
    """Products, and per unit and step a sum and a bias for each gate, and the next state."""

    def priced(layer: "TracedLayer") -> int | None:
        macs = products(layer)
        matrices = [shape for name, shape in layer.facts.weights.items() if name.startswith("weight_hh")]
        biased = any(name.startswith("bias") for name in layer.facts.weights)
        steps = layer.inputs[0].tensor.shape[0] if len(layer.inputs[0].tensor.shape) > 1 else 1
        units = sum(rows // of_gates for rows, _ in matrices)
        each = of_gates * (1 + (2 if biased else 0)) + more
        return None if macs is None else macs + steps * units * each

    return priced


def _twice(price: "Price") -> "Price":
    def priced(layer: "TracedLayer") -> int | None:
        macs = price(layer)
        return None if macs is None else 2 * macs

    return priced


MEANS = added(reductions, per_output(1))
THOP = Convention(
    "thop",
    "ultralytics-thop 2",
    "products of convolutions, linear maps, attention and recurrences without biases; 2 per number of a norm,"
    " 4 where it is learned; softmax 3, means of pools 1 per number and 1 per output; activations 0",
    prices(products, *CONVOLUTIONS, *TRANSPOSED, "Linear", "Bilinear")
    | prices(per_number(2, 4), *BATCH_NORMS, *INSTANCE_NORMS, "LayerNorm", "RMSNorm", "GroupNorm")
    | prices(per_number(1), "PReLU")
    | prices(_of_softmax, "Softmax", "LogSoftmax", "Softmin", "Softmax2d")
    | prices(MEANS, *MEAN_POOLS, *ADAPTIVE_MEANS)
    | prices(_upsampled, "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d")
    | {
        "MultiheadAttention": _of_attention,
        "RNN": _steps(1, 0),
        "RNNCell": _steps(1, 0),
        "GRU": _steps(3, 4),
        "GRUCell": _steps(3, 4),
        "LSTM": _steps(4, 4),
        "LSTMCell": _steps(4, 4),
        "MatMul": per_output(0),
        "ScaledDotProductAttention": per_output(0),
        "Embedding": per_output(0),
    },
    maps,
    functions={},
    reasons={
        "": "2 per number, 4 with a learned scale",
        "MultiheadAttention": "3 operations per score for the softmax, less one in every row",
        "LSTM": "sums of gates, their biases and the next state count too",
        "GRU": "sums of gates, their biases and the next state count too",
        "RNN": "sums of gates and their biases count too",
        "MatMul": "a function: hooks see modules alone",
        "ScaledDotProductAttention": "a function: hooks see modules alone",
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
