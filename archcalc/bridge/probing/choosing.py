"""Forms of layers that take positions which whole numbers say, or which numbers themselves decide."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.bridge.modules.moving import batched
from archcalc.facts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.bridge.modules.recurrent import Outputs
    from archcalc.tracing import TracedLayer

    Form = Callable[..., Outputs]


def _mean(tensor: Tensor, layer: "TracedLayer") -> Tensor:
    """The mean along the axis of the layer, which stays with size 1."""
    return tensor.mean(_axis(tensor, layer), keepdim=True)


def _axis(tensor: Tensor, layer: "TracedLayer") -> int:
    return batched(cast("int", layer.resolved["dim"]), tensor.dim() - 1)


def _ranked(layer: "TracedLayer") -> "Form":
    """A mean for each of the largest numbers, and for its place."""
    count = cast("int", layer.resolved["k"])

    def form(arriving: Tensor) -> "Outputs":
        axis = _axis(arriving, layer)
        sizes = (count if at == axis else -1 for at in range(arriving.dim()))
        return (_mean(arriving, layer).expand(*sizes),) * len(layer.facts.outputs)

    return form


def _placed(layer: "TracedLayer") -> "Form":
    """A mean for the place of a number, which of a lone one is known."""
    known = any(read.reach == NOTHING for read in layer.facts.first_reads)

    def form(arriving: Tensor) -> "Outputs":
        found = _mean(arriving.detach() if known else arriving, layer)
        return (found if layer.resolved["keepdim"] else found.squeeze(_axis(arriving, layer)),)

    return form


def _listed(layer: "TracedLayer") -> "Form":
    """A mean for every position of a list, and the number that says it."""

    def form(arriving: Tensor, index: Tensor) -> "Outputs":
        axis = _axis(arriving, layer)
        sizes = (-1 if at == axis else 1 for at in range(1, arriving.dim()))
        return (_mean(arriving, layer) + index.reshape(len(index), *sizes),)

    return form


def _gathered(layer: "TracedLayer") -> "Form":
    """A mean for every position, at the place of the number that says it, and that number."""

    def form(arriving: Tensor, index: Tensor) -> "Outputs":
        axis = _axis(arriving, layer)
        found = _mean(arriving, layer)
        for at, size in enumerate(index.shape):
            found = found if at in (0, axis) else torch.narrow(found, at, 0, size)
        return (found + index,)

    return form


CHOOSING_FORMS: "dict[str, Callable[[TracedLayer], Form]]" = {
    "TopK": _ranked,
    "Argmax": _placed,
    "Argmin": _placed,
    "IndexSelect": _listed,
    "Gather": _gathered,
}
