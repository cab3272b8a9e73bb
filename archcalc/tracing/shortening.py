"""A network whose long runs have few turns: rules look at these, and one in the middle counts for the rest.

A rule looks at a layer and at those around it. So what it says of a turn that is far from both ends of a run
it says of all of them, and no rule looks further than the turns that are kept at each end.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, TypeVar

from archcalc.facts import Window
from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass
from archcalc.tracing.in_runs import InRuns
from archcalc.tracing.records import TracedLayer
from archcalc.tracing.runs import Run, Runs, TurnedLayers, parts_of
from archcalc.tracing.turns import by_scope
from archcalc.tracing.unused import of_inputs, unread_layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing.graph import Trace
    from archcalc.tracing.turns import Kind

T = TypeVar("T")
FEWEST = 4
"""Turns that are kept at each end, beside one between."""


@dataclass(frozen=True)
class Shortened:
    """A network with the ends of its long runs, and one turn between.

    Args:
        trace: the network; where no run is long, the one that it was made of.
        times: name of a layer in such a turn between -> how many it stands for; others stand for themselves.
        runs: where it is short, its runs.
        whole: those of the network that it was made of.
    """

    trace: "Trace"
    times: Mapping[str, int] = field(default_factory=dict[str, int])
    runs: Runs = field(default_factory=Runs)
    whole: Runs = field(default_factory=Runs)

    def of(self, layer: str) -> int:
        """How many layers of the network the layer of this name stands for."""
        return self.times.get(layer, 1)

    def turns_of(self, run: Run) -> "Iterator[TracedLayer]":
        """The layers of a run of the network that are left of it."""
        return (self.runs.named(run.name) or run).layers()

    def standing_for(self, name: str) -> str:
        """The layer that stands for one of the network; most do so for themselves."""
        found = self.whole.find(name)
        run = None if found is None else self.runs.named(found.run.name)
        if found is None or not isinstance(run, _Short) or found.turn in run.turns:
            return name
        return run.turn_name(run.between) + found.below

    def between(self) -> "Iterator[tuple[Run, int]]":
        """The shortened runs, and the turn of each that stands for others."""
        return ((run, run.between) for run in self.runs.all if isinstance(run, _Short))


class _Short(Run):
    """A run with the turns at its ends, and the first behind those of its begin for all others."""

    def __init__(self, run: Run, ends: int) -> None:
        super().__init__(run.name, run.written, run.turns, run.behind)
        self.between, self.times = run.turns[ends], len(run.turns) - 2 * ends
        self.turns = (*run.turns[: ends + 1], *run.turns[-ends:])
        self._behind = run.turns[-ends]

    def before(self, turn: int) -> int:
        return self.between if turn == self._behind else super().before(turn)


def with_short_runs(trace: "Trace", kept: int, *, dilated: bool = False) -> Shortened:
    """The same network with few turns of each long run.

    Args:
        trace: the network.
        kept: at each end the turns of so many layers are left.
        dilated: runs that dilate are shortened too, as nobody asks for their holes.
    """
    known = _short_runs(trace, kept, dilated=dilated)
    if not known or not isinstance(trace.layers, TurnedLayers):
        return Shortened(trace)
    runs = Runs()
    for run in trace.runs.all:
        runs.add(known.get(run.name, run))
    parts = trace.layers.parts
    shorter = (part if isinstance(part, TracedLayer) else known.get(part.name, part) for part in parts)
    layers = tuple(TurnedLayers(shorter, runs))

    def held(found: Mapping[str, T], kind: "Kind") -> Mapping[str, T]:
        return by_scope(found.own, runs, kind) if isinstance(found, InRuns) else found

    short = replace(
        trace,
        layers=layers,
        findings=(*of_inputs(trace.findings), *unread_layers(layers, trace.outputs)),
        scopes=held(trace.scopes, "scopes"),
        ends=held(trace.ends, "ends"),
        repeats=held(trace.repeats, "repeats"),
        uses=held(trace.uses, "uses"),
    )
    times = {layer.name: run.times for run in known.values() for layer in run.turn(run.between)}
    return Shortened(short, times, runs, trace.runs)


def layers_left(trace: "Trace", kept: int) -> int:
    """How many layers ``with_short_runs`` leaves, before any of them is made."""
    known = _short_runs(trace, kept)
    parts = (known.get(part.name, part) if isinstance(part, Run) else part for part in parts_of(trace.layers))
    return sum(len(part) if isinstance(part, Run) else 1 for part in parts)


def _short_runs(trace: "Trace", kept: int, *, dilated: bool = False) -> dict[str, _Short]:
    """The runs that are long, shortened, by their names."""
    known: dict[str, _Short] = {}
    for run in trace.runs.all:
        ends = max(FEWEST, ceil_divided(kept, len(run.written.layers)))
        if _can_be(run, ends, trace) and (dilated or not any(map(dilates, run.written.layers))):
            known[run.name] = _Short(run, ends)
    return known


def _can_be(run: Run, ends: int, trace: "Trace") -> bool:
    """Whether it is long, and nothing outside reads of its turns but the last."""
    if len(run.turns) <= 2 * ends + 1:
        return False
    outside = (*trace.read_outside_runs, *(port.layer for port in trace.outputs))
    read = (trace.runs.find(name) for name in outside)
    return all(each is None or each.run is not run or each.turn in run.turns[-ends:] for each in read)


def dilates(layer: TracedLayer) -> bool:
    """Whether its rates, in a group, are told one by one: its holes are those of all of them together."""
    reaches = (read.reach for reads in layer.facts.reads for read in reads)
    return any(isinstance(reach, Window) and reach.dilation > 1 for reach in reaches)
