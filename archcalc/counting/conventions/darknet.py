"""darknet: the ``ops`` of a network (numops), twice its multiply-accumulates."""

from typing import TYPE_CHECKING

from archcalc.counting.conventions.convention import Convention
from archcalc.counting.conventions.prices import RECURRENT, doubled, prices

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer


def _one_step(layer: "TracedLayer") -> int | None:
    flops = doubled(layer)
    return None if flops is None else flops // layer.inputs[0].tensor.shape[0]


DARKNET = Convention(
    "darknet",
    "darknet, command ops",
    "two per multiply-accumulate of convolutions and connected layers, and of one step of a recurrence;"
    " biases, norms, activations, pools, shortcuts and transposed convolutions 0",
    prices(doubled, "Conv2d", "Linear") | prices(_one_step, *RECURRENT),
    per_mac=2,
    reasons={
        "": "no layer of its table",
        **dict.fromkeys(RECURRENT, "one step counts, whatever the sequence"),
    },
)
