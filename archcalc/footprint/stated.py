"""A network by numbers: its outputs, what is read, and what its layers state of the memory that they take.

Whatever follows its outputs goes through lists then: to look names up takes longer than all else.
"""

from typing import TYPE_CHECKING

from archcalc.layers.base import Layer
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.footprint.storages import Setting
    from archcalc.keeping import Aliasing, Saved
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

NO_NUMBERS: tuple[int, ...] = ()
BothWays = tuple["Aliasing | None", "Aliasing | None"]
"""How the outputs of a layer lie in the storage of its first input: at inference, and in training."""


class Numbering(NamedTuple):
    """The outputs of a network by number, in order; a place is that of an input or, behind all, of a layer.

    Args:
        places: full name of an input or a layer -> its place.
        made: of each place the numbers of its outputs.
        others: name and output -> number, of outputs that are not the first one.
        reads: of each place the numbers of what is read.
        floats: of each number, whether it holds real numbers.
        detached: places of the layers through which no gradient goes back.
        leaving: numbers of what leaves the network.
    """

    places: "Mapping[str, int]"
    made: list[tuple[int, ...]]
    others: "Mapping[tuple[str, str], int]"
    reads: list[tuple[int, ...]]
    floats: list[bool]
    detached: frozenset[int]
    leaving: tuple[int, ...]

    def number(self, port: "Port") -> int:
        """The number of an output."""
        return self.others.get((port.layer, port.output)) or self.made[self.places[port.layer]][0]

    def of(self, layer: "TracedLayer") -> tuple[int, ...]:
        """The numbers of all outputs of a layer."""
        return self.made[self.places[layer.name]]


def numbering(trace: "Trace") -> Numbering:
    """Number the outputs of a network."""
    inputs = trace.inputs
    places: dict[str, int] = {name: at for at, name in enumerate(inputs)}
    others: dict[tuple[str, str], int] = {}
    made: list[tuple[int, ...]] = [(at,) for at in range(len(inputs))]
    reads = [NO_NUMBERS] * len(inputs)
    floats = [tensor.is_float for tensor in inputs.values()]
    detached: set[int] = set()
    found = Numbering(places, made, others, reads, floats, frozenset(), ())
    for place, layer in enumerate(trace.layers, len(inputs)):
        first, outputs = len(floats), layer.facts.outputs
        if others or len(layer.inputs) != 1:
            reads.append(tuple([found.number(port) for port in layer.inputs]))
        else:
            reads.append(made[places[layer.inputs[0].layer]])  # which has this output alone
        places[layer.name] = place
        if layer.arguments.detaches:
            detached.add(place)
        for name, tensor in outputs.items():
            if len(floats) > first:
                others[layer.name, name] = len(floats)
            floats.append(tensor.is_float)
        made.append((first,) if len(outputs) == 1 else tuple(range(first, len(floats))))
    leaving = tuple([found.number(port) for port in trace.outputs])
    return found._replace(detached=frozenset(detached), leaving=leaving)


OWN: BothWays = (None, None)
"""In storages of their own."""


class Stated(NamedTuple):
    """Answers of the layers of one network, run in one precision and with one batch.

    Args:
        wiring: its outputs by number.
        bytes: of each output.
        kept: of each place what autograd keeps of it; None: nobody can tell, or it reads nothing.
        shared: of each place how its outputs lie in the storage of its first input.
        first: of each layer, by its index, that of the first one that shares its facts.
    """

    wiring: Numbering
    bytes: list[int]
    kept: "list[Saved | None]"
    shared: list[BothWays]
    first: list[int]

    @property
    def alike(self) -> bool:
        """Whether all outputs lie the same in training and at inference."""
        return all(training is running for running, training in self.shared)


def answers_of(trace: "Trace", setting: "Setting") -> Stated:
    """Ask the layers of a network; those that are alike, and share their facts and arguments, once."""
    inputs, layers, wires = len(trace.inputs), tuple(trace.layers), numbering(trace)
    sizes = [setting.bytes(tensor) for tensor in trace.inputs.values()]
    kept: list[Saved | None] = [None] * inputs
    shared = [OWN] * inputs
    known: dict[int, int] = {}
    firsts: list[int] = []
    kinds: dict[type[Layer], _Kind] = {}
    for place, layer in enumerate(layers, inputs):
        first = known.setdefault(id(layer.facts), place)
        firsts.append(first - inputs)
        if first < place and layers[first - inputs].arguments is layer.arguments:
            sizes += [sizes[number] for number in wires.made[first]]
            kept.append(kept[first])
            shared.append(shared[first])
            continue
        for tensor in layer.facts.outputs.values():
            sizes.append(setting.bytes(tensor))
        if not layer.inputs:
            kept.append(None)
            shared.append(OWN)
            continue
        kind = kinds.get(type(layer.arguments)) or kinds.setdefault(type(layer.arguments), _kind(layer))
        kept.append(_kept(layer, setting) if kind.keeps else layer.arguments.saves)
        shared.append(kind.shared or _shared(layer.arguments))
    return Stated(wires, sizes, kept, shared, firsts)


class _Kind(NamedTuple):
    """What a kind says of all of its layers.

    Args:
        keeps: each of them has to be asked what autograd keeps of it.
        shared: how their outputs lie; None: each has to be asked.
    """

    keeps: bool
    shared: BothWays | None


def _kind(layer: "TracedLayer") -> _Kind:
    """What the kind of a layer says of all of its layers."""
    arguments, kind = layer.arguments, type(layer.arguments)
    plain = kind.sharing is Layer.sharing and kind.overwrites is Layer.overwrites
    settled = plain and "inplace" not in kind.model_fields
    special = kind.keeping is not Layer.keeping or (kind.saves is not None and kind.saves.alone is not None)
    return _Kind(special, (arguments.shares, arguments.shares) if settled else None)


def _kept(layer: "TracedLayer", setting: "Setting") -> "Saved | None":
    """What autograd keeps of a layer on a batch."""
    kept = layer.arguments.keeping(setting.read(layer), setting.facts(layer))
    return kept if kept is None or kept.alone is None else kept.of_batch(setting.batch)


def _shared(arguments: Layer) -> BothWays:
    return arguments.sharing(training=False), arguments.sharing(training=True)
