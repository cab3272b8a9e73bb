"""Forms of layers that take numbers at one place, or fold axes: what they read, whether flat or not."""

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.bridge.modules.moving import Dims, all_batched

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.bridge.modules.recurrent import Outputs
    from archcalc.tracing import TracedLayer

    Form = Callable[..., Outputs]

SINGLE = (
    "Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sin Cos Erf Abs Floor Ceil Round Sign Neg Offset Clamp Cast "
    "Detach"
)
MEETING = "Subtract Divide Power Maximum Minimum Compare LogicalAnd LogicalOr LogicalNot Where MaskedFill"


def all_together(_: "TracedLayer") -> "Form":
    """The sum of all inputs, as they are broadcast."""

    def form(*arriving: Tensor) -> "Outputs":
        return (reduce(add, arriving),)

    return form


def raised(layer: "TracedLayer") -> "Form":
    """The number itself, but for the power of 0, which reads nothing."""
    factor = float(layer.resolved["exponent"] != 0)

    def form(arriving: Tensor) -> "Outputs":
        return (arriving * factor,)

    return form


def folded_mean(layer: "TracedLayer") -> "Form":
    """The mean over the axes that are folded, in the place of a length or a spread."""
    dims, keep = cast("Dims | None", layer.resolved["dim"]), bool(layer.resolved["keepdim"])

    def form(arriving: Tensor) -> "Outputs":
        found = torch.mean(arriving, all_batched(dims, arriving.dim() - 1), keep)
        return (found,) * len(layer.facts.outputs)

    return form


PLAIN_FORMS: "dict[str, Callable[[TracedLayer], Form | str]]" = {
    **dict.fromkeys((*SINGLE.split(), *MEETING.split()), all_together),
    "Pow": raised,
    **dict.fromkeys(("Max", "Min", "Norm", "Var", "Std"), folded_mean),
}
