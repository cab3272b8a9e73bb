"""torch.utils.flop_counter.FlopCounterMode, with gradients and under no_grad."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.counting.conventions.attending import fused, runs_as_one
from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import added, doubled, maps, prices, unseen
from archcalc.counting.conventions.recurrences import unfused

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer
    from archcalc.tracing.graph import TracedScope

FUSED = "TransformerEncoderLayer"


FAST = ("ReLU", "GELU")
"""Functions between the linear maps with which torch's encoder layer is one operator."""


def _fast_path(layer: "TracedLayer") -> int | None:
    """Self attention may be one operator under no_grad; else scores and mixing alone are one."""
    return 0 if runs_as_one(layer) else added(fused(maps), fused(maps))(layer)


def _fast_layer(scope: "TracedScope") -> int:
    attending = [layer for layer in scope.layers if layer.facts.attention is not None]
    between = [layer for layer in scope.layers if layer.name.endswith(".activation")]
    fast = all(map(runs_as_one, attending)) and all(layer.type in FAST for layer in between)
    return 0 if fast else 1


FLOP_COUNTER = Convention(
    "torch",
    "torch 2.13, FlopCounterMode",
    "two per multiply-accumulate of convolutions, matrix products, attention (a fused kernel of the CPU is"
    " not in its registry, those of GPUs are), RNN, GRU and cells; biases, norms, activations, pools, LSTM 0",
    prices(unfused(doubled), "LSTM") | prices(unseen, "Bilinear", "DeformConv2d"),
    doubled,
    per_mac=2,
    reasons={
        **dict.fromkeys(("LSTM", "Bilinear", "DeformConv2d"), "one operator, which is not in its registry"),
    },
)
NO_GRAD = replace(
    FLOP_COUNTER,
    name="torch-no-grad",
    tool="torch 2.13, FlopCounterMode under no_grad, eval",
    counts="as torch; without gradients self attention with biases and an even number of heads is one"
    " operator, and so is an encoder layer of it: 0; other attention counts its projections",
    prices={**FLOP_COUNTER.prices, "MultiheadAttention": _fast_path, "ScaledDotProductAttention": unseen},
    scopes={FUSED: _fast_layer},
    in_scopes=f"a {FUSED} is one operator without gradients, which is not in its registry",
    reasons={
        **FLOP_COUNTER.reasons,
        "MultiheadAttention": "without gradients one operator, or its scores and mixing, not in its registry",
        "ScaledDotProductAttention": "without gradients one operator, which is not in its registry",
    },
)
