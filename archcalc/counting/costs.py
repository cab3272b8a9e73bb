"""What one pass costs, layer by layer: multiply-accumulates, other operations, bytes that are moved."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.counting.gradients import backward_macs
from archcalc.counting.numbers import size_of
from archcalc.effort import one_by_one
from archcalc.lookup import ByName
from archcalc.records import dataclass
from archcalc.tracing.in_runs import by_layer
from archcalc.tracing.runs import Run, parts_of
from archcalc.tracing.shortening import Shortened, with_short_runs
from archcalc.tracing.times import with_times
from archcalc.work import operations_of, unmasked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.facts import Tensor
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass is counted.

    Args:
        batch: samples at a time.
        dtype: of all real numbers; None: as the network has them.
        causal: leave out what masks hide.
        backward: the backward pass too.
    """

    batch: int = 1
    dtype: str | None = None
    causal: bool = False
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What layers cost in a pass over a batch.

    Args:
        macs: multiply-accumulates.
        others: operations beside them: element by element, and numbers taken into a sum or a maximum.
        moved: bytes of what is read and written: inputs, weights, outputs, each once.
        backward: multiply-accumulates of the backward pass; 0 where it is not asked for.
        unknown: names of the layers of which something is not known.
    """

    macs: int = 0
    others: int = 0
    moved: int = 0
    backward: int = 0
    unknown: tuple[str, ...] = ()

    @property
    def flops(self) -> int:
        """Floating point operations of the linear algebra: two per multiply-accumulate."""
        return 2 * self.macs

    @property
    def intensity(self) -> float:
        """Operations of all sorts per byte that is moved (Williams et al. 2009); 0 where nothing is."""
        return (self.flops + self.others) / self.moved if self.moved else 0.0

    @property
    def trained(self) -> int:
        """Floating point operations of the linear algebra in both passes."""
        return 2 * (self.macs + self.backward)


CostTimes = tuple[int, Cost]
"""So many layers, and what each of them costs."""


def together(costs: "Iterable[CostTimes]") -> Cost:
    """The cost of several layers."""
    found = list(costs)
    return Cost(
        sum(count * each.macs for count, each in found),
        sum(count * each.others for count, each in found),
        sum(count * each.moved for count, each in found),
        sum(count * each.backward for count, each in found),
        tuple(name for _, each in found for name in each.unknown),
    )


def costs_of(found: "Mapping[str, Cost]", layers: "Sequence[TracedLayer]") -> list[CostTimes]:
    """The costs of some layers, those of turns that are the same once."""
    return [(times, cost) for times, _, cost in costs_by_layer(found, layers)]


def costs_by_layer(
    found: "Mapping[str, Cost]", layers: "Sequence[TracedLayer]"
) -> "Iterator[tuple[int, TracedLayer, Cost]]":
    """The same, each beside the first layer that it is the cost of."""
    for part in parts_of(layers):
        if not isinstance(part, Run):
            yield 1, part, found[part.name]
            continue
        turn = [(layer, found[layer.name]) for layer in part.turn(part.turns[0])]
        # Where turns are not alike all are known; what is unknown is so by its name.
        if isinstance(found, ByName) or any(each.unknown for _, each in turn):
            yield from ((1, layer, found[layer.name]) for layer in part.layers())
        else:
            yield from ((len(part.turns), layer, cost) for layer, cost in turn)


def costs(trace: "Trace", asked: Pass) -> "Mapping[str, Cost]":
    """What every layer costs, by name."""
    backward: Mapping[str, int | None] = _backward_of_turns(trace, asked) if asked.backward else {}
    if asked.backward and not backward:
        one_by_one(trace, "a backward pass")
        backward = backward_macs(trace, causal=asked.causal)
        return ByName({layer.name: _cost(layer, backward[layer.name], asked) for layer in trace.layers})
    own = {layer.name: _cost(layer, backward.get(layer.name, 0), asked) for layer in trace.written}
    known: dict[tuple[str, int], Cost] = {}

    def within(run: Run, at: int, turn: int) -> Cost:
        found = known.get((run.name, at))
        if found is None:
            first = run.layer(at, run.turns[0])
            found = known[run.name, at] = _cost(first, backward.get(first.name, 0), asked)
        return replace(found, unknown=(run.layer(at, turn).name,)) if found.unknown else found

    return by_layer(trace.layers, own, within)


def _backward_of_turns(trace: "Trace", asked: Pass) -> "Mapping[str, int | None]":
    """The backward pass of layers outside of runs, and in a few turns of each; empty: turns are not alike."""
    alone = any(map(trace.runs.find, trace.shared))
    short = Shortened(trace) if alone else with_short_runs(trace, 1, dilated=True)
    one_by_one(short.trace, "a backward pass")  # where others read of the turns between they are all there
    found = backward_macs(short.trace, causal=asked.causal)
    for run in (short.runs or trace.runs).all:
        for layer in run.written.layers:
            if len({found[run.turn_name(turn) + run.below(layer.name)] for turn in run.turns}) > 1:
                return {}
    return found


def _cost(layer: "TracedLayer", backward: int | None, asked: Pass) -> Cost:
    work = [unmasked(each) if asked.causal else each for each in layer.facts.work]
    macs, others = operations_of(work, "product"), operations_of(work, "elementwise", "reduction")
    batch = layer.samples(asked.batch)
    known = macs is not None and others is not None and backward is not None
    return Cost(
        batch * (macs or 0),
        batch * (others or 0),
        _moved(layer, asked),
        batch * (backward or 0),
        () if known else (layer.name,),
    )


def _moved(layer: "TracedLayer", asked: Pass) -> int:
    """Bytes that a layer reads and writes, each once; a view moves none.

    Of a table the rows are read that are looked up, of experts those that are asked, all of them at most.
    """
    facts = layer.facts
    if not facts.work:
        return 0
    tensors = [*(port.tensor for port in layer.inputs), *facts.outputs.values()]
    batch = layer.samples(asked.batch)
    looked_up = {name for work in facts.work if work.sort == "gather" for name in work.weights}
    rows = sum(work.count or 0 for work in facts.work if work.sort == "gather" and work.weights)
    tables = sum(prod(facts.weights[name]) for name in looked_up)
    held = sum(prod(shape) for name, shape in facts.weights.items() if name not in looked_up)
    if facts.active_params is not None:
        held = min(held, batch * prod(layer.output.shape[:-1]) * facts.active_params)
    held += sum(prod(shape) for name, shape in facts.buffers.items() if not name.endswith("tracked"))
    own = held + min(batch * rows, tables)
    return own * size_of("float32", asked.dtype) + sum(_bytes(each, asked) for each in tensors)


def _bytes(tensor: "Tensor", asked: Pass) -> int:
    batch = asked.batch if tensor.batched else 1
    return batch * prod(tensor.shape) * size_of(tensor.dtype, asked.dtype)


def hidden_macs(trace: "Trace", asked: Pass) -> int:
    """Multiply-accumulates of pairs that masks hide, whether they are left out or not."""
    return sum(
        times * layer.samples(asked.batch) * work.masked
        for times, layer in with_times(trace.layers)
        for work in layer.facts.work
        if work.sort == "product"
    )
