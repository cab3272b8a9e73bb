"""Activations that autograd keeps from the forward pass to the backward pass; each storage counts once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archcalc.footprint.bytes import tensor_bytes
from archcalc.footprint.held import full_names
from archcalc.footprint.storages import storages
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.footprint.storages import Setting, Storages
    from archcalc.keeping import Saved
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """A tensor that is kept until the backward pass of the last layer that reads it again.

    Args:
        name: the tensor: the layer that has made it, with a name where it has several.
        layer: the layer that first keeps it.
        bytes: its size.
        storage: number of its storage; None: a tensor of the layer's own.
        times: how many such tensors of other turns of a repeat it stands for.
    """

    name: str
    layer: str
    bytes: int
    storage: int | None
    times: int = 1


class NotAllKnown(NamedTuple):
    """A layer of which not all that it keeps is known: its name, and what is not known or why."""

    layer: str
    why: str


@dataclass(frozen=True, slots=True)
class SavedReport:
    """What training keeps of a forward pass.

    Args:
        tensors: each once, in the order in which they are kept.
        unknown: layers of which not all is known, and why; the sum is a lower bound then.
    """

    tensors: tuple[SavedTensor, ...]
    unknown: "tuple[NotAllKnown, ...]"

    @property
    def bytes(self) -> int:
        """All of them."""
        return sum(tensor.times * tensor.bytes for tensor in self.tensors)

    def of_inputs(self, trace: "Trace") -> int:
        """Bytes of inputs of the network among them, which the caller holds anyway."""
        return sum(tensor.bytes for tensor in self.tensors if tensor.name in trace.inputs)

    @property
    def by_layer(self) -> Mapping[str, int]:
        """Layer -> bytes of the tensors that it is the first to keep, in its own turn."""
        found: dict[str, int] = {}
        for tensor in self.tensors:
            found[tensor.layer] = found.get(tensor.layer, 0) + tensor.bytes
        return found


def saved_activations(
    trace: "Trace",
    setting: "Setting",
    checkpoints: "Sequence[str]" = (),
    entering: "frozenset[str]" = frozenset(),
    times: Mapping[str, int] | None = None,
    found: "Storages | None" = None,
) -> SavedReport:
    """What autograd keeps, layer by layer.

    Args:
        trace: the network.
        setting: how it is run.
        checkpoints: full names of scopes that are calculated again in the backward pass: of each only what
            enters it is kept.
        entering: inputs to which a gradient goes, as another stage makes them.
        times: name of a layer that stands for others -> how many; None: all stand for themselves.
        found: where its outputs lie, where that is known.
    """
    trained = trained_layers(trace)
    lying = found or storages(trace, setting)
    keeping = Keeping(lying, needing_gradients(trace, entering, trained), trained, times)
    enters = {name: trace.scope(name).enters for name in checkpoints}
    inside = {layer.name: name for name in checkpoints for layer in trace.inside(name)}
    for layer in trace.layers:
        if layer.name not in inside:
            keeping.layer(layer)
        elif keeping.in_backward(layer):
            scope = inside[layer.name]
            for port in enters.pop(scope, ()):
                keeping.storage(keeping.found.at(port), scope)
    return keeping.report()


def kept_inside(trace: "Trace", scope: str, keeping: "Keeping") -> SavedReport:
    """What autograd keeps of a scope alone, when it is calculated again: what enters it is there already."""
    keeping.seen.update(keeping.found.at(port) for port in trace.scope(scope).enters)
    for layer in trace.inside(scope):
        keeping.layer(layer)
    return keeping.report()


class Keeping:
    """Collects what layers keep, each storage once.

    Args:
        found: where every output lies.
        needing: tensors to which a gradient goes.
        trained: layers with weights that get one.
        times: name of a layer that stands for others -> how many; None: all stand for themselves.
    """

    def __init__(
        self,
        found: "Storages",
        needing: frozenset[tuple[str, str]],
        trained: frozenset[str],
        times: Mapping[str, int] | None = None,
    ) -> None:
        self.found, self.needing, self.trained = found, needing, trained
        self.times = times or {}
        self.seen: set[int] = set()
        self.tensors: list[SavedTensor] = []
        self.unknown: list[NotAllKnown] = []

    def report(self) -> SavedReport:
        """All that was collected."""
        return SavedReport(tuple(self.tensors), tuple(self.unknown))

    def in_backward(self, layer: "TracedLayer") -> bool:
        """Whether the backward pass goes through a layer."""
        return bool(layer.inputs) and any((layer.name, name) in self.needing for name in layer.facts.outputs)

    def storage(self, at: int, layer: str) -> None:
        """Keep a storage for a layer; weights are there anyway."""
        held = self.found.held[at]
        if at not in self.seen and held.purpose != "weights":
            self.seen.add(at)
            self._keep(held.name, layer, held.bytes, at)

    def _keep(self, name: str, layer: str, size: int, storage: int | None = None) -> None:
        self.tensors.append(SavedTensor(name, layer, size, storage, self.times.get(layer, 1)))

    def layer(self, layer: "TracedLayer") -> None:
        """Keep what a layer keeps."""
        if not self.in_backward(layer):
            return
        setting = self.found.setting
        kept = self.found.stated.keeping(layer)
        why = layer.arguments.untold if kept is None else kept.beyond
        if why:
            self.unknown.append(NotAllKnown(layer.name, why))
        if kept is None:
            return
        self._arriving(layer, kept)
        names = tuple(layer.facts.outputs)
        for at in kept.outputs:
            self.storage(self.found.lying[layer.name, names[at]].storage, layer.name)
        own = sum(
            tensor_bytes(each, setting.batch)
            for each in kept.own(needed=any(self._needs(layer)), trained=layer.name in self.trained)
        )
        if own:
            self._keep(f"{layer.name}: own", layer.name, own)

    def _arriving(self, layer: "TracedLayer", kept: "Saved") -> None:
        """Keep inputs of a layer, or copies of them."""
        trained = layer.name in self.trained
        for at in kept.arriving(self._needs(layer), trained=trained):
            port = layer.inputs[at]
            if kept.ending is None or self.found.joins(port, kept.ending):
                self.storage(self.found.at(port), layer.name)
            else:
                self._copy(port, layer)
        for at in kept.turned if trained else ():
            if self.found.setting.batch == 1:
                self.storage(self.found.at(layer.inputs[at]), layer.name)
            else:
                self._copy(layer.inputs[at], layer)

    def _needs(self, layer: "TracedLayer") -> tuple[bool, ...]:
        """Of each input, whether a gradient goes on to it."""
        return tuple((port.layer, port.output) in self.needing for port in layer.inputs)

    def _copy(self, port: "Port", layer: "TracedLayer") -> None:
        """Keep a copy of an input in another order."""
        copy = self.found.setting.bytes(port.tensor)
        self._keep(f"{layer.name}: copy of {port}", layer.name, copy)


def needing_gradients(
    trace: "Trace", entering: "frozenset[str]" = frozenset(), trained: "frozenset[str] | None" = None
) -> frozenset[tuple[str, str]]:
    """Layer and output of all tensors to which a gradient goes: behind weights that are trained.

    Args:
        trace: the network.
        entering: inputs that need one too.
        trained: the layers that are trained, where they are known.
    """
    found = {(name, "output") for name in entering}
    trained = trained_layers(trace) if trained is None else trained
    for layer in trace.layers:
        if layer.name in trained or any((port.layer, port.output) in found for port in layer.inputs):
            found.update((layer.name, name) for name, made in layer.facts.outputs.items() if made.is_float)
    return frozenset(found)


def trained_layers(trace: "Trace") -> frozenset[str]:
    """Names of the layers with weights that get a gradient; one that a frozen layer shares gets none."""
    frozen = {full for layer in trace.layers if layer.frozen for full in full_names(layer)}
    if not frozen:
        return frozenset(layer.name for layer in trace.layers if layer.facts.weights)
    return frozenset(
        layer.name for layer in trace.layers if any(full not in frozen for full in full_names(layer))
    )
