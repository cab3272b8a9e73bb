"""Which turns of long runs a step of training is followed through: a few, where one counts for the others."""

from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.effort import at_most, one_by_one
from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.liveness import KEPT
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import storages
from archcalc.records import dataclass
from archcalc.tracing.shortening import Shortened, with_short_runs
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.footprint.gradients import GradientFlow
    from archcalc.footprint.saved import SavedReport
    from archcalc.footprint.storages import Setting, Storages
    from archcalc.tracing import Trace
    from archcalc.tracing.runs import Run

ALIKE = 3
"""Turns in a row, the last of which stands for others, that have to be alike."""


class Followed(NamedTuple):
    """The network that is followed, what training keeps, where outputs lie, and to what a gradient goes."""

    short: Shortened
    kept: "SavedReport"
    lying: "Storages"
    flow: "GradientFlow"


def turns_followed(
    trace: "Trace",
    setting: "Setting",
    checkpoints: "Sequence[str]" = (),
    entering: "frozenset[str]" = frozenset(),
) -> Followed:
    """What training keeps of a network, of whose long runs few turns are followed.

    A walk is made of what it has read: where a turn has left the same behind as the one before it, so do all
    others. Where it has not, and where single turns are named, all are followed.

    Args:
        trace: the network.
        setting: how it is run.
        checkpoints: full names of scopes that are calculated again in the backward pass.
        entering: inputs to which a gradient goes, as another stage makes them.

    Raises:
        SpecError: there are too many layers to follow all of them.
    """
    named = checkpoints or any(map(trace.runs.find, trace.shared))
    short = Shortened(trace) if named else with_short_runs(trace, KEPT, dilated=True)
    if len(short.trace.layers) > at_most(trace):
        one_by_one(trace, "what training keeps")
    lying, flow = _followed(short.trace, setting, entering)
    kept = saved_activations(short.trace, setting, checkpoints, entering, short.times, lying, flow)
    if short.times and not _Turns(short, lying, kept, flow).are_alike():
        one_by_one(trace, "what training keeps of turns that differ")
        short = Shortened(trace)
        lying, flow = _followed(trace, setting, entering)
        kept = saved_activations(trace, setting, checkpoints, entering, found=lying, flow=flow)
    return Followed(short, kept, lying, flow)


def _followed(
    trace: "Trace", setting: "Setting", entering: "frozenset[str]"
) -> "tuple[Storages, GradientFlow]":
    lying = storages(trace, setting)
    return lying, gradient_flow(trace, entering, lying.stated.wiring)


@dataclass(frozen=True)
class _Turns:
    """What turns of long runs leave behind.

    Args:
        short: the network.
        found: where its outputs lie.
        kept: what training keeps of it.
        flow: to what a gradient goes.
    """

    short: Shortened
    found: "Storages"
    kept: "SavedReport"
    flow: "GradientFlow"

    def are_alike(self) -> bool:
        """Whether every turn that stands for others is like those before it, and all of it is known."""
        if any(self.short.of(each.layer) > 1 for each in self.kept.unknown):
            return False
        found, flow = self.found, self.flow
        own: dict[str, list[tuple[object, int]]] = {}
        for tensor in self.kept.tensors:
            keeps = self.short.runs.find(tensor.layer)
            at = None if keeps is None else self._place(keeps.run, keeps.turn, tensor.storage, found)
            own.setdefault(tensor.layer, []).append((at, tensor.bytes))

        def left(run: "Run", turn: int) -> "Iterator[object]":
            for layer in run.turn(turn):
                yield own.get(layer.name), len(flow.fixed(layer))
                for number in flow.wiring.of(layer):
                    at = found.lying[number]
                    yield self._place(run, turn, at, found), found.turned.get(number)
                    yield flow.needing[number], found.bytes[at]

        for run, between in self.short.between():
            first = run.turns.index(between) - ALIKE + 1
            turns = [list(left(run, turn)) for turn in run.turns[first : first + ALIKE]]
            if any(one != other for one, other in pairwise(turns)):
                return False
        return True

    def _place(self, run: "Run", turn: int, storage: int | None, found: "Storages") -> object:
        """A storage as a turn sees it: of how many turns before, or of outside."""
        if storage is None:
            return None
        made = self.short.runs.find(found.makers[storage])
        if made is None or made.run is not run:
            return storage
        back = run.turns.index(turn) - run.turns.index(made.turn)
        return back, found.names[storage][len(run.turn_name(made.turn)) :]
