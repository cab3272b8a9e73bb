"""TorchLens and onnx-tool: rules as far as a few measured layers tell them; of the rest nothing is known."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.kernels import made_by_group, sizes_of
from archcalc.counting.conventions.prices import (
    CONVOLUTIONS,
    RECURRENT,
    TRANSPOSED,
    doubled,
    numbers_given,
    prices,
    products,
    unseen,
    with_biases,
)

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer


def _as_convolved(layer: "TracedLayer") -> int:
    """The second axis of the weight is taken for channels that arrive, which are those of the output here."""
    return numbers_given(layer) * prod(sizes_of(layer, "kernel_size")) * made_by_group(layer)


def _unknown(layer: "TracedLayer") -> None:
    """Nothing was measured that tells it."""
    del layer


TORCHLENS = Convention(
    "torchlens",
    "TorchLens 2.36, as far as measured",
    "two per multiply-accumulate of convolutions, linear maps and attention; norms 0; LSTM 0, which it flags",
    prices(unseen, *RECURRENT),
    doubled,
    per_mac=2,
    params="once",
    reasons=dict.fromkeys(RECURRENT, "0, and flagged"),
)
ONNX_TOOL = Convention(
    "onnx-tool",
    "onnx-tool, as far as measured",
    "products of convolutions, one per sum with a bias; of transposed ones channels of the output for those"
    " that arrive; what was not measured, or not enough to tell a rule (LSTM), is not known",
    prices(with_biases(products), *CONVOLUTIONS) | prices(_as_convolved, *TRANSPOSED),
    _unknown,
    reasons={
        "": "not measured",
        **dict.fromkeys(CONVOLUTIONS, "a sum per number for the bias"),
        **dict.fromkeys(TRANSPOSED, "positions of the output, and its channels for those that arrive"),
    },
)
