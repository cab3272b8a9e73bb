"""torch.utils.flop_counter.FlopCounterMode, with gradients and under no_grad."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import CELLS, RECURRENT, doubled, prices, unseen

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer

FUSED = "TransformerEncoderLayer"


def _fast_path(layer: "TracedLayer") -> int | None:
    """Self attention with biases is one operator under no_grad, which is not counted."""
    arguments = dict(layer.arguments)
    kept = len(layer.inputs) > 1 or arguments.get("add_bias_kv") or arguments.get("add_zero_attn")
    return doubled(layer) if kept or not arguments.get("bias", True) else 0


FLOP_COUNTER = Convention(
    "torch",
    "torch 2.13, FlopCounterMode",
    "two per multiply-accumulate of convolutions, matrix products and attention; biases, norms, activations,"
    " pools and torch's recurrences 0",
    prices(unseen, *RECURRENT, *CELLS, "Bilinear"),
    doubled,
    per_mac=2,
    reasons={
        **dict.fromkeys((*RECURRENT, *CELLS), "one operator, which is not in its registry"),
        "Bilinear": "one operator, which is not in its registry",
    },
)
NO_GRAD = replace(
    FLOP_COUNTER,
    name="torch-no-grad",
    tool="torch 2.13, FlopCounterMode under no_grad, eval",
    counts=f"{FLOP_COUNTER.counts}; without gradients self attention takes a fused path that counts 0",
    prices={**FLOP_COUNTER.prices, "MultiheadAttention": _fast_path},
    scopes={FUSED: 0},
    reasons={
        **FLOP_COUNTER.reasons,
        "": f"a {FUSED} is one operator without gradients, which is not in its registry",
        "MultiheadAttention": "one operator without gradients, which is not in its registry",
    },
)
