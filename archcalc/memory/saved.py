"""Activations that autograd keeps from the forward pass to the backward pass; each storage counts once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.memory.bytes import tensor_bytes
from archcalc.memory.storages import storages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.keeping import Saved
    from archcalc.memory.storages import Setting, Storages
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """A tensor that is kept until the backward pass of the last layer that reads it again.

    Args:
        name: the tensor: the layer that has made it, with a name where it has several.
        layer: the layer that first keeps it.
        bytes: its size.
        storage: number of its storage; None: a tensor of the layer's own.
    """

    name: str
    layer: str
    bytes: int
    storage: int | None


@dataclass(frozen=True, slots=True)
class SavedReport:
    """What training keeps of a forward pass.

    Args:
        tensors: each once, in the order in which they are kept.
        unknown: layers of which nobody can tell; without them the sum is a lower bound.
    """

    tensors: tuple[SavedTensor, ...]
    unknown: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """All of them."""
        return sum(tensor.bytes for tensor in self.tensors)

    @property
    def by_layer(self) -> Mapping[str, int]:
        """Layer -> bytes of the tensors that it is the first to keep."""
        found: dict[str, int] = {}
        for tensor in self.tensors:
            found[tensor.layer] = found.get(tensor.layer, 0) + tensor.bytes
        return found


def saved(trace: "Trace", setting: "Setting", checkpoints: "Sequence[str]" = ()) -> SavedReport:
    """What autograd keeps, layer by layer.

    Args:
        trace: the network.
        setting: how it is run.
        checkpoints: full names of scopes that are calculated again in the backward pass: of each only what
            enters it is kept.
    """
    found, needing = storages(trace, setting), needing_gradients(trace)
    tensors: list[SavedTensor] = []
    unknown: list[str] = []
    seen: set[int] = set()
    entering = {name: trace.scope(name).enters for name in checkpoints}
    inside = {layer.name: name for name in checkpoints for layer in trace.inside(name)}
    for layer in trace.layers:
        if not _in_backward(layer, needing):
            continue
        if layer.name in inside:
            scope = inside[layer.name]
            for port in entering.pop(scope, ()):
                at = found.at(port)
                if at not in seen and found.held[at].role != "weights":
                    tensors.append(SavedTensor(found.held[at].name, scope, found.held[at].bytes, at))
                    seen.add(at)
            continue
        kept = layer.arguments.keeping(setting.read(layer), setting.facts(layer))
        if kept is None:
            unknown.append(layer.name)
            continue
        for tensor in _of_layer(layer, kept, found, needing):
            if tensor.storage is None or tensor.storage not in seen:
                tensors.append(tensor)
                seen.update(() if tensor.storage is None else (tensor.storage,))
    return SavedReport(tuple(tensors), tuple(unknown))


def needing_gradients(trace: "Trace") -> frozenset[tuple[str, str]]:
    """Layer and output of all tensors to which a gradient goes: behind weights that are trained."""
    found: set[tuple[str, str]] = set()
    for layer in trace.layers:
        if is_trained(layer) or any((port.layer, port.output) in found for port in layer.inputs):
            found.update((layer.name, name) for name, made in layer.facts.outputs.items() if made.is_float)
    return frozenset(found)


def is_trained(layer: "TracedLayer") -> bool:
    """Whether a layer has weights that get a gradient."""
    return bool(layer.facts.weights) and not layer.frozen


def _in_backward(layer: "TracedLayer", needing: frozenset[tuple[str, str]]) -> bool:
    """Whether the backward pass goes through a layer."""
    return bool(layer.inputs) and any((layer.name, name) in needing for name in layer.facts.outputs)


def _of_layer(
    layer: "TracedLayer", kept: "Saved", found: "Storages", needing: frozenset[tuple[str, str]]
) -> list[SavedTensor]:
    """What one layer keeps, storages of other layers among it."""
    setting = found.setting
    needs = tuple((port.layer, port.output) in needing for port in layer.inputs)
    tensors: list[SavedTensor] = []

    def shared(storage: int) -> None:
        held = found.held[storage]
        if held.role != "weights":
            tensors.append(SavedTensor(held.name, layer.name, held.bytes, storage))

    for at in kept.arriving(needs, trained=is_trained(layer)):
        port = layer.inputs[at]
        if kept.ending is not None and not found.joins(port, kept.ending):
            copy = setting.bytes(port.tensor)
            tensors.append(SavedTensor(f"{layer.name}: copy of {port}", layer.name, copy, None))
        else:
            shared(found.at(port))
    names = tuple(layer.facts.outputs)
    for at in kept.outputs:
        shared(found.lying[layer.name, names[at]].storage)
    own = sum(tensor_bytes(each, setting.batch) for each in (*kept.others, *kept.results))
    if own:
        tensors.append(SavedTensor(f"{layer.name}: own", layer.name, own, None))
    return tensors
