"""Who reads what: indexed for the layers that are written, worked out for those within runs.

From that follows what leaves a scope.
"""

from bisect import bisect_left
from typing import TYPE_CHECKING

from archcalc.tracing.records import Port, TracedLayer
from archcalc.tracing.runs import Run, TurnedLayers, parts_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.tracing.graph import Trace, TracedScope
    from archcalc.tracing.runs import InRun


class Reader(NamedTuple):
    """A layer that reads an output: as which of its inputs (from 0), and which output."""

    layer: TracedLayer
    position: int
    output: str


MANY, REMEMBERED = 8, 20_000
"""Readers of one output that are remembered, and those of all: as many layers may ask for them."""


class Readers:
    """The readers of every layer and input, in execution order."""

    def __init__(self, layers: "Sequence[TracedLayer]") -> None:
        self._layers = layers
        self._places: dict[str, list[int]] = {}
        self._found: dict[str, list[Reader]] = {}
        self._told: dict[str, tuple[Reader, ...]] = {}
        """By name, what reads it outside of runs, and the places of these among the parts of the network."""
        self._runs: dict[str, list[tuple[int, Run]]] = {}
        """By name of what runs read from outside, or of what their first turns read."""
        self._known: dict[str, tuple[Reader, ...]] = {}
        self._held = 0
        """By name, those lately found in runs, where there are many, and how many they are together."""
        for place, part in enumerate(parts_of(layers)):
            if isinstance(part, TracedLayer):
                for index, port in enumerate(part.inputs):
                    self._found.setdefault(port.layer, []).append(Reader(part, index, port.output))
                    self._places.setdefault(port.layer, []).append(place)
            else:
                names = dict.fromkeys([part.leaving.layer, *(port.layer for port in part.outside)])
                for name in names:
                    self._runs.setdefault(name, []).append((place, part))

    @property
    def names(self) -> "Sequence[str]":
        """The names of what is read outside of runs."""
        return list(self._found)

    @property
    def all_names(self) -> "Iterable[str]":
        """These, and the names of what runs read from outside."""
        return {*self._found, *self._runs}

    def _outside(self, name: str) -> tuple[Reader, ...]:
        """What reads it outside of runs: one record of thousands of readers, which thousands may ask for."""
        if name not in self._told:
            self._told[name] = tuple(self._found.get(name, ()))
        return self._told[name]

    def of(self, name: str) -> tuple[Reader, ...]:
        """Everything that reads any output of a layer or input."""
        outside = self._outside(name)
        inside = self._layers.runs.find(name) if isinstance(self._layers, TurnedLayers) else None
        if inside is None and name not in self._runs:
            return outside
        if name not in self._known:
            readers = self._with_runs(name, outside, inside)
            if len(readers) < MANY:
                return readers
            self._held += len(readers)
            if self._held > REMEMBERED:
                self._known.clear()
                self._held = len(readers)
            self._known[name] = readers
        return self._known[name]

    def _with_runs(
        self, name: str, outside: tuple[Reader, ...], inside: "InRun | None"
    ) -> tuple[Reader, ...]:
        """Those outside of runs, and those in runs."""
        found: list[Reader] = [] if inside is None else list(_within(inside))
        at, places = 0, self._places.get(name, [])
        for place, run in self._runs.get(name, ()):
            before = bisect_left(places, place)
            found += (*outside[at:before], *_from_outside(run, name))
            at = before
        return (*found, *outside[at:])


def _within(found: "InRun") -> "Iterator[Reader]":
    """What reads a layer of a run in its own turn, and in the one behind."""
    run, turn, below = found
    yield from _in_turn(run, turn, below, before=False)
    if turn + 1 in run.turns:
        yield from _in_turn(run, turn + 1, below, before=True)


def _in_turn(run: Run, turn: int, below: str, *, before: bool) -> "Iterator[Reader]":
    for at, index, output in run.read_at.get((below, before), ()):
        yield Reader(run.layer(at, turn), index, output)


def _from_outside(run: Run, name: str) -> "Iterator[Reader]":
    """What in a run reads an output that is outside of it."""
    for turn in run.turns if any(port.layer == name for port in run.outside) else run.turns[:1]:
        for at, links in enumerate(run.links):
            for index, link in enumerate(links):
                if link.port.layer == name and (link.below is None or link.before):
                    yield Reader(run.layer(at, turn), index, link.port.output)


class Leaving:
    """Finds what leaves the scopes of a network.

    Scopes in turns of a run, of which only the same turn and the next one read, are looked into once.
    """

    def __init__(self, trace: "Trace") -> None:
        self._trace = trace
        self._ends = {(port.layer, port.output) for port in trace.outputs}
        found = map(trace.runs.find, {*trace.read_by_name, *(port.layer for port in trace.outputs)})
        self._named = {(each.run.name, each.turn) for each in found if each is not None}
        """Turns of which something else reads."""
        self._known: dict[tuple[str, str], tuple[str, tuple[Port, ...]]] = {}
        """Name of a run and of a scope in a turn -> the name of one turn, and what leaves the scope there."""

    def of(self, scope: "TracedScope") -> tuple[Port, ...]:
        """Outputs from inside that are read outside or leave the network.

        That of the scope's end is first, and alone where nothing reads any.
        """
        within = self._trace.runs.find(scope.name)
        if within is None or not self._is_regular(within):
            return self._found(scope)
        turn = within.run.turn_name(within.turn)
        known = self._known.get((within.run.name, within.below))
        if known is not None:
            written, ports = known
            return tuple(
                [Port(turn + port.layer[len(written) :], port.output, port.tensor) for port in ports]
            )
        found = self._found(scope)
        if all(port.layer.startswith(f"{turn}.") for port in found):
            self._known[within.run.name, within.below] = turn, found
        return found

    def _is_regular(self, within: "InRun") -> bool:
        """Whether the same turn and the one behind it alone read of a turn."""
        run, turn, _ = within
        return turn + 1 in run.turns and (run.name, turn) not in self._named

    def _found(self, scope: "TracedScope") -> tuple[Port, ...]:
        left = [
            Port(layer.name, output, tensor)
            for part in parts_of(scope.layers)
            for layer in ((part,) if isinstance(part, TracedLayer) else self._seen_outside(part))
            for output, tensor in layer.facts.outputs.items()
            if self._leaves(scope, layer.name, output)
        ]
        end = self._trace.ends.get(scope.name) or _first_output(scope.layers[-1])
        return tuple(sorted(left, key=lambda port: port != end)) or (end,)

    def _seen_outside(self, run: "Run") -> "Iterable[TracedLayer]":
        """The layers of a run that something outside of all runs reads, or that leave the network."""
        names = {*self._trace.read_outside_runs, *(port.layer for port in self._trace.outputs)}
        found = (self._trace.runs.find(name) for name in names)
        places = {
            (each.turn, run.places[each.below]) for each in found if each is not None and each.run is run
        }
        return (run.layer(at, turn) for turn, at in sorted(places))

    def _leaves(self, scope: "TracedScope", layer: str, output: str) -> bool:
        readers = (reader for reader in self._trace.readers_of(layer) if reader.output == output)
        return (layer, output) in self._ends or any(not scope.has(reader.layer.name) for reader in readers)


def _first_output(layer: TracedLayer) -> Port:
    name, tensor = next(iter(layer.facts.outputs.items()))
    return Port(layer.name, name, tensor)
