"""A traced network as one torch module, with the spec's names and its wiring."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self, cast

import torch
from torch import Tensor, nn

from archcalc.bridge.mapped import map_module
from archcalc.bridge.meeting import met
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.modules.sources import Held
from archcalc.bridge.table import called, module_of
from archcalc.records import dataclass
from archcalc.tracing.mapping import at_one_position
from archcalc.tracing.scan import ScanLayer

if TYPE_CHECKING:
    from archcalc.tracing import Trace, TracedLayer

CALL_ONLY = {
    **{f"MaxUnpool{rank}d": () for rank in (1, 2, 3)},
}


@dataclass(frozen=True, slots=True)
class ModuleReading:
    """What the module of a layer is made of.

    Args:
        arguments: every argument with its value.
        shapes: what it reads, without the batch.
    """

    arguments: Mapping[str, object]
    shapes: tuple[tuple[int, ...], ...]


class LayerError(RuntimeError):
    """torch refuses a layer that archcalc accepts, or fails inside it.

    Args:
        layer: the layer.
        reason: what torch says.
    """

    def __init__(self, layer: "TracedLayer", reason: BaseException) -> None:
        super().__init__(f"{layer.place}: {layer.subject}: torch fails here: {reason}")
        self.layer = layer
        self.reason = reason


class ModuleScope(nn.Module):
    """A container, block or repeat: its layers under their own names."""

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002  torch's own
        """Set the mode of all modules inside, also beside one that is called ``training``."""
        vars(self)["training"] = mode
        for module in self._modules.values():
            if module is not None:
                module.train(mode)
        return self


def held_by(module: nn.Module) -> dict[str, nn.Module]:
    """What stands inside of a module, also under names that torch uses itself."""
    return cast("dict[str, nn.Module]", vars(module)["_modules"])


def inner_module(module: nn.Module, name: str) -> nn.Module:
    """The scope or layer of this name inside a module; a new scope where there is none."""
    held = held_by(module)
    if held.get(name) is None:  # torch keeps the name of a part that is left out
        held[name] = ModuleScope()
    return held[name]


def put_module(module: nn.Module, name: str, layer: nn.Module) -> None:
    """Add a layer to a module, with what stands there already for those inside of the layer.

    Raises:
        KeyError: the module is a layer that has a part of this name.
    """
    before = held_by(module).get(name)
    if before is not None:
        if not isinstance(before, ModuleScope):
            raise KeyError(f"{type(module).__name__} has a module {name!r} itself")
        held_by(layer).update(held_by(before))
    held_by(module)[name] = layer


class TorchNetwork(ModuleScope):
    """The layers of a trace, called in its order.

    Args:
        trace: a whole network.
        only: names of the layers that are built; None: all.

    Raises:
        LayerError: torch refuses a layer's arguments.
        Fault: a library that a layer's module belongs to is not installed.
    """

    def __init__(self, trace: "Trace", only: "Sequence[str] | None" = None) -> None:
        super().__init__()
        self.trace = trace
        self.built: dict[str, nn.Module] = {}
        wanted = None if only is None else frozenset(only)
        for layer in trace.layers:
            if wanted is None or layer.name in wanted:
                self._add(layer)

    def _add(self, layer: "TracedLayer") -> None:
        module = self.built[layer.name] = made(layer)
        *scopes, name = layer.name.split(".")
        scope: nn.Module = self
        for step in scopes:
            scope = inner_module(scope, step)
        self._tie(layer, module)
        if layer.frozen:
            module.requires_grad_(requires_grad=False)
        for own in layer.frozen_weights:
            holder, weight = _owner(module, own)
            cast("Tensor", holder._parameters[weight]).requires_grad_(False)  # noqa: FBT003, SLF001  also those with torch's own names
        bare = module._parameters.get(BARE)  # noqa: SLF001  the parameter stands in the place of the module
        if bare is not None and "" in layer.facts.weights:
            scope._parameters[name] = bare  # noqa: SLF001  under a name that torch may use itself
        elif isinstance(module, Held) and "" in layer.facts.buffers:
            module.live_in(scope._buffers, name)  # noqa: SLF001  as above
            scope._non_persistent_buffers_set.update({name} if layer.facts.transient else ())  # noqa: SLF001  as above
        else:
            try:
                put_module(scope, name, module)
            except KeyError as error:
                raise LayerError(layer, error) from error

    def _tie(self, layer: "TracedLayer", module: nn.Module) -> None:
        """Share the tensors that the layer has of an earlier one."""
        for own, full in layer.tied.items():
            holder, name = _owner(module, own or BARE)
            shared = self.tensor(full)
            kept = holder._parameters if name in holder._parameters else holder._buffers  # noqa: SLF001  as above
            cast("dict[str, Tensor]", kept)[name] = shared

    def tensor(self, full: str) -> Tensor:
        """A parameter or buffer by its full dotted name."""
        holder, name = _owner(self, full)
        tensors = {**holder._parameters, **holder._buffers}  # noqa: SLF001  also those with torch's own names
        return cast("Tensor", tensors[name])

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Batches of the inputs in the spec's order -> batches of its outputs."""
        held = self.outputs(*inputs)
        return tuple(held[port.layer, port.output] for port in self.trace.outputs)

    def outputs(self, *inputs: Tensor) -> dict[tuple[str, str], Tensor]:
        """Layer (or input) and name of an output -> the batch of it, for everything that is calculated."""
        return self.held(
            {(name, "output"): tensor for name, tensor in zip(self.trace.inputs, inputs, strict=True)}
        )

    def held(self, held: dict[tuple[str, str], Tensor]) -> dict[tuple[str, str], Tensor]:
        """The same from what arrives by name, with which it joins what is calculated."""
        for layer in self.trace.layers:
            read = [held[port.layer, port.output] for port in layer.inputs]
            try:
                found = called(self.built[layer.name], *met(layer, read))
            except Exception as error:
                raise LayerError(layer, error) from error
            held.update(
                {(layer.name, name): each for name, each in zip(layer.facts.outputs, found, strict=True)}
            )
        return held


def made(layer: "TracedLayer") -> nn.Module:
    """The module of one layer, with arguments as they follow from what it reads, and in the precision of it.

    Raises:
        LayerError: torch refuses them.
        Fault: the library of the module is not installed.
    """
    if isinstance(layer.arguments, ScanLayer):
        from archcalc.bridge.scanned import ScannedNetwork

        return ScannedNetwork(layer.arguments)
    item = at_one_position(layer)
    given = ModuleReading(item.resolved, tuple(port.tensor.shape for port in item.inputs))
    try:
        module = module_of(layer.type, given).to(cast("torch.dtype", getattr(torch, layer.precision)))
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        from archcalc.errors import Fault

        if isinstance(error, Fault):
            raise
        raise LayerError(layer, error) from error
    map_module(module, layer)
    return module


def _owner(module: nn.Module, dotted: str) -> tuple[nn.Module, str]:
    *steps, name = dotted.split(".")
    for step in steps:
        module = held_by(module)[step]
    return module, name


def example(trace: "Trace", batch: int, device: str = "meta") -> tuple[Tensor, ...]:
    """A batch of every input: ones, or zeros of whole numbers; edges lead round the nodes."""
    return tuple(_batch(port, batch, device) for port in _inputs(trace))


def _inputs(trace: "Trace") -> "Iterator[tuple[tuple[int, ...], str]]":
    for tensor in trace.inputs.values():
        yield tensor.shape, tensor.dtype


def _batch(read: tuple[tuple[int, ...], str], batch: int, device: str) -> Tensor:
    shape, name = read
    dtype = cast("torch.dtype", getattr(torch, name))
    return torch.full((batch, *shape), dtype.is_floating_point, dtype=dtype, device=device)
