"""Who reads what: indexed for the layers that are written, worked out for those within runs."""

from bisect import bisect_left
from typing import TYPE_CHECKING

from archcalc.tracing.records import TracedLayer
from archcalc.tracing.runs import Run, TurnedLayers, parts_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.tracing.runs import InRun


class Reader(NamedTuple):
    """A layer that reads an output: as which of its inputs (from 0), and which output."""

    layer: TracedLayer
    position: int
    output: str


class Readers:
    """The readers of every layer and input, in execution order."""

    def __init__(self, layers: "Sequence[TracedLayer]") -> None:
        self._layers = layers
        self._places: dict[str, list[int]] = {}
        self._found: dict[str, list[Reader]] = {}
        """By name, what reads it outside of runs, and the places of these among the parts of the network."""
        self._runs: dict[str, list[tuple[int, Run]]] = {}
        """By name of what runs read from outside, or of what their first turns read."""
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

    def of(self, name: str) -> tuple[Reader, ...]:
        """Everything that reads any output of a layer or input."""
        outside = self._found.get(name, [])
        inside = self._layers.runs.find(name) if isinstance(self._layers, TurnedLayers) else None
        if inside is None and name not in self._runs:
            return tuple(outside)
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
