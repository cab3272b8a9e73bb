"""Keras models through TensorFlow's profiler (float_operation): the operators of the frozen graph."""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import (
    CELLS,
    RECURRENT,
    added,
    biases,
    doubled,
    numbers_given,
    numbers_read,
    per_number,
    per_output,
    prices,
    ranked,
    reductions,
    unseen,
)

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer


def _joined(layer: "TracedLayer") -> int:
    """One per output for every input behind the first."""
    return numbers_given(layer) * max(1, len(layer.inputs) - 1)


def _one_step(layer: "TracedLayer") -> int | None:
    """The body of a loop counts once, however many steps it runs."""
    flops = doubled(layer)
    return None if flops is None else flops // layer.inputs[0].tensor.shape[0]


SINGLE = ("Exp", "Sqrt", "Sin", "Cos", "Erf", "Abs")
BIASES = "half a product per number for the bias"
JOINED = ("Add", "Subtract", "Multiply", "Divide", "Maximum", "Minimum")
EACH = (
    *ranked("MaxPool", "AvgPool", "AdaptiveAvgPool"),
    *(
        *JOINED,
        "Mean",
        "GlobalMeanPool",
        "Log",
        "Neg",
        "Reciprocal",
        "Rsqrt",
        "Offset",
        "Scale",
        "Compare",
        "Pow",
    ),
)
KERAS = Convention(
    "keras",
    "tensorflow 2, profiler of a Keras model",
    "two per multiply-accumulate, one per sum with a bias, of pools one per number of every window, of"
    " softmax 5 per number, of sums and products one per output; activations and norms of a frozen model 0;"
    " one step alone of a recurrence",
    prices(added(doubled, biases), "Linear", "MultiheadAttention", *ranked("Conv", "ConvTranspose"))
    | prices(doubled, "MatMul", "ScaledDotProductAttention", "Einsum")
    | prices(reductions, *ranked("MaxPool", "AvgPool"))
    | prices(numbers_read, *ranked("AdaptiveAvgPool"), "Mean", "GlobalMeanPool")
    | prices(_joined, *JOINED)
    | prices(per_number(5), "Softmax")
    | prices(per_number(1), "Log", "Neg", "Reciprocal")
    | prices(per_number(2), "Rsqrt")
    | prices(per_output(1), "Offset", "Scale", "Compare", "Pow")
    | prices(unseen, *SINGLE, *CELLS)
    | prices(_one_step, *RECURRENT),
    added(doubled, biases),
    per_mac=2,
    reasons={
        "": BIASES,
        **dict.fromkeys(EACH, "an operation per number, half a multiply-accumulate"),
        **dict.fromkeys(RECURRENT, "the body of a loop counts once"),
        "Softmax": "5 operations per number",
    },
)
