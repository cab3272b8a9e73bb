"""The walk forward: what the units of every output read along each axis of an input, as intervals."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.fields import AxisField
from archcalc.analyses.pieces import kept_apart, separates, united
from archcalc.analyses.spans import POINT
from archcalc.analyses.stepping import AxisStep, SomeUnits, ToldApart, Track, inexact
from archcalc.effort import spend
from archcalc.errors import Fault, Problem, SpecError
from archcalc.facts import leaves_empty, unread

if TYPE_CHECKING:
    from archcalc.analyses.pieces import Whereabouts
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.facts import Tensor
    from archcalc.tracing import Trace, TracedLayer

Tracks = dict["Output", "Mapping[Axis, Track]"]
"""Output -> axes of the inputs that it depends on."""
Meeting = Callable[[Sequence[Track]], Track]
"""What units read that read by several ways."""
Join = Callable[["TracedLayer", "Axis", Mapping[int, Track]], Track]
"""The same of the inputs of a layer, by their index."""
MAX_PIECES = 64
"""Units of an output that are told apart; of more the hull is taken."""


def tracks(
    trace: "Trace", sources: "Mapping[str, Tensor]", merge: Meeting, join: Join | None = None
) -> Tracks:
    """What the units of every output read of the first outputs of the sources (layers or inputs).

    ``merge`` says what they read by several ways, ``join`` in its place, where it is given, what they read
    through several inputs of their layer.

    Raises:
        SpecError: a layer's units read more than any axis has, or following them takes too much work.
    """
    found: Tracks = {
        (name, trace.output_names(name)[0]): {
            (name, axis): Track(AxisField(axis, length, POINT, along=axis))
            for axis, length in enumerate(tensor.shape)
        }
        for name, tensor in sources.items()
    }
    walk = _Walk(found, {}, kept_apart(trace), merge, join)
    for layer in trace.layers:
        for output in layer.facts.outputs if layer.name not in sources else ():
            try:
                walk.enter(layer, output)
            except Fault as fault:
                raise SpecError([Problem(layer.place, layer.subject, fault.fact, fault.hint)]) from None
    return found


class _Walk(NamedTuple):
    """What was found so far, and ``apart`` what of it is told apart, along the axes ``kept``."""

    found: Tracks
    apart: "dict[Output, ToldApart]"
    kept: "Mapping[Output, frozenset[int]]"
    merge: Meeting
    join: Join | None

    def enter(self, layer: "TracedLayer", output: str) -> None:
        """Put in what the units of an output read."""
        here, several = (layer.name, output), False
        told = self.kept.get(here, frozenset[int]())
        ways: dict[Axis, dict[int, Track]] = {}
        pieces: dict[Axis, list[SomeUnits]] = {}
        for index, (port, reads) in enumerate(zip(layer.inputs, layer.facts.reads_of(output), strict=True)):
            source = port.layer, port.output
            before = self.found.get(source)
            if not before or unread(reads):
                continue
            spend(len(before))
            step = AxisStep(reads, port.tensor, layer.facts.outputs[output].shape, told, leaves_empty(reads))
            if source in self.apart or (told and separates(reads, told)):
                several = True
                for axis, parts in step.apart(before, self.apart.get(source, {})):
                    ways.setdefault(axis, {})[index] = self._united(parts)
                    pieces.setdefault(axis, []).extend(parts)
                continue
            for axis, track in before.items():
                behind = ways.setdefault(axis, {})[index] = step.behind(track)
                if told:
                    pieces.setdefault(axis, []).append(step.piece(behind))
        self.found[here] = {
            axis: self._joined(layer, axis, parts) if len(parts) > 1 else next(iter(parts.values()))
            for axis, parts in ways.items()
        }
        # Whatever is said of a layer, in a table or a rule, goes through all its phases.
        spans = (track.field.spans for track in self.found[here].values())
        spend(sum(len(each.ends) - 1 for each in spans if each is not None))
        if several and told:
            self._keep(here, pieces)

    def _joined(self, layer: "TracedLayer", axis: "Axis", parts: Mapping[int, Track]) -> Track:
        return self.join(layer, axis, parts) if self.join else self.merge([*parts.values()])

    def _united(self, pieces: Sequence[SomeUnits]) -> Track:
        """What all units read together."""
        return pieces[0].of_all if len(pieces) == 1 else self.merge([piece.of_all for piece in pieces])

    def _keep(self, here: "Output", found: "Mapping[Axis, Sequence[SomeUnits]]") -> None:
        """Keep apart what units of an output read, where it is not the same for all."""
        kept: ToldApart = {}
        for axis, parts in found.items():
            pieces = _settled(parts, self.merge)
            if len(pieces) > MAX_PIECES:
                self.found[here] = {**self.found[here], axis: inexact(self.found[here][axis])}
            elif len(pieces) > 1 or any(chosen is not None for chosen in pieces[0].where):
                kept[axis] = pieces
        if kept:
            self.apart[here] = kept


def _settled(pieces: Sequence[SomeUnits], merge: Meeting) -> Sequence[SomeUnits]:
    """One piece for the same units, and one for those side by side that have read the same."""
    alike: dict[Whereabouts, list[Track]] = {}
    for piece in pieces:
        alike.setdefault(piece.where, []).append(piece.track)
    units: dict[Track, list[Whereabouts]] = {}
    for where, found in alike.items():
        units.setdefault(found[0] if len(found) == 1 else merge(found), []).append(where)
    return [SomeUnits(where, track) for track, found in units.items() for where in united(found)]
