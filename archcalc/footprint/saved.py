"""Activations that autograd keeps from the forward pass to the backward pass; each storage counts once."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.footprint.bytes import tensor_bytes
from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.storages import storages
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.footprint.gradients import GradientFlow
    from archcalc.footprint.storages import Setting, Storages
    from archcalc.keeping import Saved
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port


class SavedTensor(NamedTuple):
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


SavedRow = tuple[str, str, int, int | None, int]
"""The same before anybody asks for records: a network has one for every layer."""


class NotAllKnown(NamedTuple):
    """A layer of which not all that it keeps is known: its name, and what is not known or why."""

    layer: str
    why: str


@dataclass(frozen=True)
class SavedReport:
    """What training keeps of a forward pass.

    Args:
        kept: the tensors, each once, in the order in which they are kept.
        unknown: layers of which not all is known, and why; the sum is a lower bound then.
    """

    kept: "Sequence[SavedRow]"
    unknown: "tuple[NotAllKnown, ...]"

    @cached_property
    def tensors(self) -> tuple[SavedTensor, ...]:
        """The same as records, made when they are first asked for."""
        return tuple(SavedTensor(*each) for each in self.kept)

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
    flow: "GradientFlow | None" = None,
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
        flow: to what a gradient goes, where that is known.
    """
    keeping = Keeping(found or storages(trace, setting), flow or gradient_flow(trace, entering), times)
    enters = {name: trace.scope(name).enters for name in checkpoints}
    inside = {layer.name: name for name in checkpoints for layer in trace.inside(name)}
    for place, layer in enumerate(trace.layers, len(trace.inputs)):
        if not keeping.in_backward(place):
            continue
        if not inside or layer.name not in inside:
            keeping.layer(layer, place)
        else:
            scope = inside[layer.name]
            for port in enters.pop(scope, ()):
                keeping.storage(keeping.found.at(port), scope)
    return keeping.report()


def kept_inside(trace: "Trace", scope: str, keeping: "Keeping") -> SavedReport:
    """What autograd keeps of a scope alone, when it is calculated again: what enters it is there already."""
    for port in trace.scope(scope).enters:
        keeping.seen[keeping.found.at(port)] = True
    for layer in trace.inside(scope):
        place = keeping.wiring.places[layer.name]
        if keeping.in_backward(place):
            keeping.layer(layer, place)
    return keeping.report()


class KeptOfLayer(NamedTuple):
    """What a layer keeps, but for where that lies.

    Args:
        why: what of it is not known, or why; empty: all is.
        arriving: which inputs.
        ending: so many last axes of these are read as they are, the others joined; None: as they lie.
        turned: inputs that are kept in another order.
        outputs: which outputs.
        own: bytes of tensors of its own.
    """

    why: str
    arriving: tuple[int, ...] = ()
    ending: int | None = None
    turned: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    own: int = 0


class Keeping:
    """Collects what layers keep, each storage once.

    Args:
        found: where every output lies.
        flow: to what a gradient goes.
        times: name of a layer that stands for others -> how many; None: all stand for themselves.
    """

    def __init__(
        self,
        found: "Storages",
        flow: "GradientFlow",
        times: Mapping[str, int] | None = None,
    ) -> None:
        self.found, self.flow, self.wiring = found, flow, found.stated.wiring
        self.needing = flow.needing
        self.times = times or {}
        self.seen = bytearray(len(found.names))
        self.kept: list[SavedRow] = []
        self.unknown: list[NotAllKnown] = []
        self._plans: dict[object, KeptOfLayer] = {}

    def report(self) -> SavedReport:
        """All that was collected."""
        return SavedReport(self.kept, tuple(self.unknown))

    def in_backward(self, place: int) -> bool:
        """Whether the backward pass goes through the layer at a place, to what it reads."""
        return bool(self.wiring.reads[place] and self.flow.through[place])

    def storage(self, at: int, layer: str) -> None:
        """Keep a storage for a layer; weights are there anyway."""
        if self.seen[at]:
            return
        self.seen[at], found = True, self.found
        if found.purposes[at] != "weights":
            times = self.times.get(layer, 1) if self.times else 1
            self.kept.append((found.names[at], layer, found.bytes[at], at, times))

    def _keep(self, name: str, layer: str, size: int) -> None:
        """Keep a tensor of a layer's own."""
        self.kept.append((name, layer, size, None, self.times.get(layer, 1)))

    def layer(self, layer: "TracedLayer", place: int) -> None:
        """Keep what the layer at a place keeps, through which the backward pass goes."""
        found, name, reads = self.found, layer.name, self.wiring.reads[place]
        why, arriving, ending, turned, outputs, own = self._plan(layer, place, reads)
        if why:
            self.unknown.append(NotAllKnown(name, why))
        for at in arriving:
            if ending is None or found.joins(layer.inputs[at], ending):
                self.storage(found.lying[reads[at]], name)
            else:
                self._copy(layer.inputs[at], layer)
        for at in turned:
            if found.setting.batch == 1:
                self.storage(found.lying[reads[at]], name)
            else:
                self._copy(layer.inputs[at], layer)
        for at in outputs:
            self.storage(found.lying[self.wiring.made[place][at]], name)
        if own:
            self._keep(f"{name}: own", name, own)

    def _plan(self, layer: "TracedLayer", place: int, reads: tuple[int, ...]) -> KeptOfLayer:
        """What a layer keeps; those that say and learn alike keep the same."""
        flow, kept = self.flow, self.found.stated.kept[place]
        if kept is None:
            return KeptOfLayer(layer.arguments.untold)
        needing = self.needing
        needs = (needing[reads[0]],) if len(reads) == 1 else tuple([needing[number] for number in reads])
        trained = layer.name in flow.learning
        learning = trained and flow.learns(layer)
        alike = id(kept), needs, trained, learning  # layers of many widths say the same
        found = self._plans.get(alike)
        if found is None:
            found = self._plans[alike] = self._planned(kept, needs, trained=trained, learning=learning)
        return found

    def _planned(
        self, kept: "Saved", needs: tuple[int, ...], *, trained: bool, learning: bool
    ) -> KeptOfLayer:
        own = kept.own(needed=any(needs), trained=learning)
        return KeptOfLayer(
            kept.beyond,
            kept.arriving(needs, trained=trained, learning=learning),
            kept.ending,
            kept.turned if learning else (),
            kept.outputs,
            sum([tensor_bytes(each, self.found.setting.batch) for each in own]),
        )

    def _copy(self, port: "Port", layer: "TracedLayer") -> None:
        """Keep a copy of an input in another order."""
        copy = self.found.setting.bytes(port.tensor)
        self._keep(f"{layer.name}: copy of {port}", layer.name, copy)
