"""First weights of torch modules, drawn as a spec or a command asks for."""

from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn import init as ways

from archcalc.initialisation import LAST, Initialisation, initialisation
from archcalc.propagating.branches import branch_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.bridge.network import TorchNetwork
    from archcalc.tracing.records import TracedLayer


def draw(network: "TorchNetwork", names: "Sequence[str]" = ()) -> None:
    """Draw the weights of a network anew, where the spec or ``names`` say how.

    Raises:
        Fault: there is no such initialisation.
    """
    asked = [name for name in names if name not in LAST]
    for layer in network.trace.layers:
        way = initialisation(asked[-1] if asked else layer.init or "default")
        if way is not None and (layer.facts.macs or way.of_any):
            _draw_layer(layer, network.built[layer.name], way)
    ends = branch_ends(network.trace)
    for name in (name for name in names if name in LAST):
        for layer_name, factor in ends.factors(name).items():
            _scale(network.built[layer_name], factor)


def _draw_layer(layer: "TracedLayer", module: nn.Module, way: Initialisation) -> None:
    for name, parameter in module.named_parameters():
        if name in layer.tied:
            continue
        table = name in layer.facts.lookups or (
            "." not in name and len(layer.facts.weights) == 1 and not layer.facts.macs
        )
        if table and not way.of_any:
            continue
        if parameter.dim() > 1 and (table or layer.facts.macs):
            draw_weight(parameter, way)
        elif "bias" in name or way.scheme == "zeros":
            ways.zeros_(parameter)


def draw_weight(weight: Tensor, way: Initialisation) -> None:
    """One weight."""
    number = way.number or 0.0
    fan: Literal["fan_in", "fan_out"] = "fan_out" if way.fan == "fan_out" else "fan_in"
    with torch.no_grad():
        match way.scheme:
            case "kaiming_normal":
                ways.kaiming_normal_(weight, mode=fan)
            case "kaiming_uniform":
                ways.kaiming_uniform_(weight, mode=fan)
            case "xavier_normal":
                ways.xavier_normal_(weight)
            case "xavier_uniform":
                ways.xavier_uniform_(weight)
            case "lecun":
                weight.normal_(0, way.mean_square(tuple(weight.shape)) ** 0.5)
            case "orthogonal":
                ways.orthogonal_(weight)
            case "normal":
                weight.normal_(0, number)
            case "trunc_normal":
                ways.trunc_normal_(weight, std=number)
            case "uniform":
                weight.uniform_(-number, number)
            case _:
                weight.zero_()


def _scale(module: nn.Module, factor: float) -> None:
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "bias" not in name:
                parameter.mul_(factor**0.5)
            elif not factor:
                parameter.zero_()
