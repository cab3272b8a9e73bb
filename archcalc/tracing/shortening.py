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
from archcalc.tracing.runs import Run, Runs, TurnedLayers
from archcalc.tracing.turns import all_of_kind

if TYPE_CHECKING:
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
    """

    trace: "Trace"
    times: Mapping[str, int] = field(default_factory=dict[str, int])


class _Short(Run):
    """A run with the turns at its ends, and the first behind those of its begin for all others."""

    def __init__(self, run: Run, ends: int) -> None:
        super().__init__(run.name, run.written, run.turns, run.behind)
        self.between, self.times = run.turns[ends], len(run.turns) - 2 * ends
        self.turns = (*run.turns[: ends + 1], *run.turns[-ends:])
        self._behind = run.turns[-ends]

    def before(self, turn: int) -> int:
        return self.between if turn == self._behind else super().before(turn)


def with_short_runs(trace: "Trace", kept: int) -> Shortened:
    """The same network with few turns of each long run: at each end those of ``kept`` layers."""
    if not isinstance(trace.layers, TurnedLayers):
        return Shortened(trace)
    known: dict[str, _Short] = {}
    for run in trace.runs.all:
        ends = max(FEWEST, ceil_divided(kept, len(run.written.layers)))
        if _can_be(run, ends, trace):
            known[run.name] = _Short(run, ends)
    if not known:
        return Shortened(trace)
    runs = Runs()
    for run in trace.runs.all:
        runs.add(known.get(run.name, run))
    parts = trace.layers.parts
    shorter = (part if isinstance(part, TracedLayer) else known.get(part.name, part) for part in parts)
    layers = tuple(TurnedLayers(shorter, runs))
    names = {layer.name for layer in layers}

    def held(found: Mapping[str, T], kind: "Kind") -> Mapping[str, T]:
        return all_of_kind(found.own, runs, kind) if isinstance(found, InRuns) else found

    short = replace(
        trace,
        layers=layers,
        findings=tuple(each for each in trace.findings if each.is_input or each.source in names),
        scopes=held(trace.scopes, "scopes"),
        ends=held(trace.ends, "ends"),
        repeats=held(trace.repeats, "repeats"),
        uses=held(trace.uses, "uses"),
    )
    times = {layer.name: run.times for run in known.values() for layer in run.turn(run.between)}
    return Shortened(short, times)


def _can_be(run: Run, ends: int, trace: "Trace") -> bool:
    """Whether it is long, nothing outside reads of its turns but the last, and none dilates.

    Rates of a group are told one by one, and its holes are those of all of them together.
    """
    if len(run.turns) <= 2 * ends + 1 or any(map(_dilates, run.written.layers)):
        return False
    outside = (*trace.read_outside_runs, *(port.layer for port in trace.outputs))
    read = (trace.runs.find(name) for name in outside)
    return all(each is None or each.run is not run or each.turn in run.turns[-ends:] for each in read)


def _dilates(layer: TracedLayer) -> bool:
    reaches = (read.reach for reads in layer.facts.reads for read in reads)
    return any(isinstance(reach, Window) and reach.dilation > 1 for reach in reaches)
