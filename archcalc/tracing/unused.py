"""Inputs and outputs that nothing reads: harmless to the numbers, but seldom meant."""

from collections.abc import Sequence
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING, overload

from archcalc.facts import Tensor, unread
from archcalc.tracing.records import Port, TracedLayer, Unused
from archcalc.tracing.runs import Run, TurnedLayers, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.facts import Facts, Reads
    from archcalc.source import Document
    from archcalc.tracing.written_turn import Link


def unused(
    inputs: "Mapping[str, Tensor]",
    layers: Sequence[TracedLayer],
    outputs: tuple[Port, ...],
    document: "Document",
) -> Sequence[Unused]:
    """A finding for every input that no layer reads and every layer whose output goes nowhere.

    Those of turns of a repeat, of which there may be a million, are made when they are asked for.
    """
    reads = _Reads(layers, outputs)
    first = tuple(_unread_inputs(inputs, reads, document))
    if isinstance(layers, TurnedLayers):
        runs = [part for part in layers.parts if isinstance(part, Run)]
        if not all(map(_is_read, runs)):
            return UnreadInRuns(first, layers, reads)
    return (*first, *_unread_layers(layers, reads))


def unread_layers(layers: Sequence[TracedLayer], outputs: tuple[Port, ...]) -> "Iterator[Unused]":
    """A finding for every layer whose output goes nowhere."""
    return _unread_layers(layers, _Reads(layers, outputs))


def of_inputs(findings: Sequence[Unused]) -> tuple[Unused, ...]:
    """Those of the findings that are of inputs; none of a run is made for that."""
    if isinstance(findings, UnreadInRuns):
        return findings.inputs
    return tuple(found for found in findings if found.is_input)


class _Reads:
    """What layers and runs read of what is outside of these."""

    def __init__(self, layers: Sequence[TracedLayer], outputs: tuple[Port, ...]) -> None:
        parts = parts_of(layers)
        leaving = {port.layer for port in outputs}
        read = [part.reads if isinstance(part, Run) else part.inputs for part in parts]
        self.names = leaving.union([port.layer for ports in read for port in ports])
        self.shapes = set[str]() if _all_valued(parts) else self.names - _valued(parts) - leaving
        """Those of which only the shape is read."""


class UnreadInRuns(Sequence[Unused]):
    """Inputs and layers that nothing reads: of runs with such layers one is found when it is asked for.

    Args:
        inputs: the findings of inputs.
        layers: of the network.
        reads: what they read.
    """

    def __init__(self, inputs: tuple[Unused, ...], layers: Sequence[TracedLayer], reads: _Reads) -> None:
        self.inputs, self._layers, self._reads = inputs, layers, reads

    @cached_property
    def _all(self) -> tuple[Unused, ...]:
        return (*iter(self),)  # not tuple(self), which asks how many there are

    def __iter__(self) -> "Iterator[Unused]":
        yield from self.inputs
        yield from _unread_layers(self._layers, self._reads)

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> Unused: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Unused, ...]: ...
    def __getitem__(self, index: int | slice) -> "Unused | tuple[Unused, ...]":
        return self._all[index]

    def __eq__(self, other: object) -> bool:
        return self._all == (other._all if isinstance(other, UnreadInRuns) else other)

    __hash__ = None  # type: ignore[assignment]  # a comparison makes them all


def _unread_inputs(inputs: "Iterable[str]", reads: _Reads, document: "Document") -> "Iterator[Unused]":
    for name in inputs:
        if name not in reads.names:
            place = document.place(("inputs", name), key=True)
            hint = "remove it, or name it in a `from`"
            yield Unused(
                place, f"inputs.{name}", "no layer reads this input", hint, source=name, is_input=True
            )


def _unread_layers(layers: Sequence[TracedLayer], reads: _Reads) -> "Iterator[Unused]":
    valued = reads.names - reads.shapes if reads.shapes else reads.names
    parts = parts_of(layers)
    for part in [part for part in parts if isinstance(part, Run) or part.name not in valued]:  # mostly few
        if isinstance(part, Run):
            yield from _unread_in(part, reads)
        elif part.name not in reads.names:
            yield from _unread(part)
        else:
            yield _shaping(part)


def _unread_in(run: Run, reads: _Reads) -> "Iterator[Unused]":
    """The same of all turns of a run: what neither the same turn nor the next one reads is looked for."""
    read, valued = {(link.below, link.before) for links in run.links for link in links}, _valued_within(run)
    last = [(at, below) for below, at in run.places.items() if (below, False) not in valued]
    others = [each for each in last if (each[1], True) not in valued]
    for turn in run.turns if others else run.turns[-1:]:
        is_last = turn == run.turns[-1]
        for at, below in last if is_last else others:
            name = run.turn_name(turn) + below
            if name in reads.shapes:
                yield _shaping(run.anew(turn, at))
            elif name not in reads.names:
                within = (below, False) in read or ((below, True) in read and not is_last)
                yield from [_shaping(run.anew(turn, at))] if within else _unread(run.anew(turn, at))


def _unread(layer: TracedLayer) -> "Iterator[Unused]":
    if not layer.arguments.serves_unread:
        what, hint = _told(layer)
        yield Unused(layer.place, layer.subject, what, hint, source=layer.name)


def _shaping(layer: TracedLayer) -> Unused:
    hint = "only a size is taken from it: write that size, or read the output too"
    what = "nothing reads its output but for the shape"
    return Unused(layer.place, layer.subject, what, hint, source=layer.name)


def _told(layer: TracedLayer) -> tuple[str, str]:
    """What is wrong with a layer that nothing reads, and how to mend it."""
    if not layer.arguments.is_source:
        return "nothing reads its output", "remove the layer, read it with `from`, or list it under `outputs`"
    hint = "remove it, or name it in the `from` of the layer that is to read it"
    if layer.facts.weights:
        return "nothing reads this parameter: it is never trained", hint
    return "nothing reads it", hint


def _is_read(run: Run) -> bool:
    """Whether of every turn all values are read, in it or in the next one, as of what leaves the last one."""
    valued = _valued_within(run)
    leaving = run.below(run.leaving.layer)
    names = (name for name in run.places if name != leaving)
    return (leaving, True) in valued and all((name, False) in valued for name in names)


def _valued_within(run: Run) -> set[tuple[str | None, bool]]:
    """What its turns read the values of: names behind those of turns, and whether of the turn before."""
    return {(link.below, link.before) for link in _valued_links(run)}


def _valued_links(run: Run) -> "Iterator[Link]":
    """What a turn reads the values of."""
    for links, valued in zip(run.links, _valued_of(run.written.layers), strict=True):
        yield from compress(links, valued)


def _all_valued(parts: "Sequence[TracedLayer | Run]") -> bool:
    """Whether of all that layers read their first outputs read values, as mostly; of runs it is not said.

    Layers share records of reads, of which there are few.
    """
    every: dict[int, Reads] = {}
    for part in parts:
        if isinstance(part, Run):
            return False
        for reads in part.facts.reads:
            every[id(reads)] = reads
    return not any(map(unread, every.values()))


def _valued(parts: "Sequence[TracedLayer | Run]") -> set[str]:
    """Names of the layers and inputs whose values some layer reads, not only their shapes."""
    layers = [part for part in parts if isinstance(part, TracedLayer)]
    found: set[str] = set()
    for layer, valued in zip(layers, _valued_of(layers), strict=True):
        found.update([port.layer for port in compress(layer.inputs, valued)])
    for run in parts:
        if isinstance(run, Run):
            outside = (link for link in _valued_links(run) if link.before or link.below is None)
            found.update(link.port.layer for link in outside)
    return found


def _valued_of(layers: "Iterable[TracedLayer]") -> "Iterator[tuple[bool, ...]]":
    """Of each layer, whether some output reads the values of each input; those that are alike share facts."""
    known: dict[int, tuple[bool, ...]] = {}
    for layer in layers:
        valued = known.get(id(layer.facts))
        if valued is None:
            valued = known[id(layer.facts)] = _valued_inputs(layer.facts)
        yield valued


def _valued_inputs(facts: "Facts") -> tuple[bool, ...]:
    """For every input, whether the units of some output read its values."""
    if not facts.other_reads:
        return tuple([not unread(reads) for reads in facts.reads])
    ways = zip(*map(facts.reads_of, facts.outputs), strict=True)
    return tuple(not all(map(unread, reads)) for reads in ways)
