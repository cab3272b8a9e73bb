"""What a trace is made of: frozen records that every analysis reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from archcalc.errors import Place, Problem
from archcalc.facts import Facts, Tensor


@dataclass(frozen=True, slots=True)
class Port:
    """An output of a layer (or an input of the network, whose output is called ``output`` too)."""

    layer: str
    output: str
    tensor: Tensor

    def __str__(self) -> str:
        return self.layer if self.output == "output" else f"{self.layer}.{self.output}"


@dataclass(frozen=True, slots=True)
class TracedLayer:
    """A primitive layer under its full dotted name, with what it reads and what it states."""

    name: str
    type: str
    inputs: tuple[Port, ...]
    facts: Facts
    place: Place
    frozen: bool
    tied: Mapping[str, str]
    """Own weight or buffer -> full name of the tensor that it shares, e.g. weight -> tok_emb.weight."""

    @property
    def output(self) -> Tensor:
        """The first output, which the next layer reads."""
        return next(iter(self.facts.outputs.values()))


@dataclass(frozen=True, slots=True)
class Trace:
    """A network as primitive layers in execution order."""

    model: str
    inputs: Mapping[str, Tensor]
    layers: tuple[TracedLayer, ...]
    outputs: tuple[Port, ...]
    scopes: Mapping[str, str]
    """Full name of a container, block or repeat -> its type."""
    findings: tuple[Problem, ...]
    """Unused inputs and outputs."""


def tensor_name(layer: str, tensor: str) -> str:
    """A weight or buffer as torch calls it; one without a name of its own (a Parameter) is its layer."""
    return f"{layer}.{tensor}" if tensor else layer
