"""The walk forward: what the units of every output read along each axis of an input, as intervals."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from archcalc.analyses.fields import AxisField
from archcalc.analyses.pieces import kept_apart, separates, united
from archcalc.analyses.spans import POINT
from archcalc.analyses.steady import TracksFound, TurnTracks
from archcalc.analyses.stepping import AxisStep, Slides, SomeUnits, ToldApart, Track, inexact, slid
from archcalc.analyses.ways import NO_AXES, ReadsOfInput
from archcalc.effort import one_by_one, spend
from archcalc.errors import Fault, Problem, SpecError
from archcalc.records import dataclass
from archcalc.tracing.runs import Run, parts_of
from archcalc.tracing.written_turn import Link
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.analyses.pieces import Whereabouts
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.facts import Reads, Tensor
    from archcalc.tracing import Port, Trace, TracedLayer

Meeting = Callable[[Sequence[Track]], Track]
"""What units read that read by several ways."""
Join = Callable[["TracedLayer", "Axis", Mapping[int, Track]], Track]
"""The same of the inputs of a layer, by their index."""
TURNED = 300
"""Steps that a layer takes in a turn that reads otherwise than those before it: made, followed and kept."""
FIELD = 16
"""Steps for each further input that an output depends on: its field is joined, kept and told in columns."""
NOTHING: "Mapping[Axis, Track]" = {}
MAX_PIECES = 64
"""Units of an output that are told apart; of more the hull is taken."""


def tracks(
    trace: "Trace",
    sources: "Mapping[str, Tensor]",
    merge: Meeting,
    join: Join | None = None,
    *,
    every: bool = False,
) -> TracksFound:
    """What the units of every output read of the first outputs of the sources (layers or inputs).

    ``merge`` says what they read by several ways, ``join`` in its place, where it is given, what they read
    through several inputs of their layer. Both say the same of what is moved as a whole. With ``every`` all
    turns of runs are followed one by one, too.

    Raises:
        SpecError: a layer's units read more than any axis has, or following them takes too much work.
    """
    found = TracksFound(
        {
            (name, trace.output_names(name)[0]): {
                (name, axis): Track(AxisField(axis, length, POINT, along=axis))
                for axis, length in enumerate(tensor.shape)
            }
            for name, tensor in sources.items()
        },
        trace.runs,
    )
    walk = _Walk(found, {}, kept_apart(trace), merge, join, {}, {}, {}, {}, {})
    every = every or bool(walk.kept) or any(map(trace.runs.find, sources))
    if every and trace.runs:
        one_by_one(trace, "what a unit reads")
    for part in trace.layers if every else parts_of(trace.layers):
        if isinstance(part, Run):
            walk.follow(part)
        elif part.name not in sources:
            walk.layer(part)
    return found


class _Seen(NamedTuple):
    """Steps that telling takes what is read, and whether it is known of all axes what they hold."""

    steps: int
    told: bool


@dataclass(slots=True)
class _Walk:
    """What was found so far, and ``apart`` what of it is told apart, along the axes ``kept``.

    ``known`` are the steps through layers: those of layers that are alike, which share their facts, are one.
    ``ways`` are those through inputs that are read alike.
    ``seen`` is what is known of what is read, by its ``id``: the same where windows alone have moved
    intervals. ``slides`` is, by how an input is read and what is known of that, whether they do so again.
    ``passed`` is what is read before a step and behind it, and what is known of that.
    """

    found: TracksFound
    apart: "dict[Output, ToldApart]"
    kept: "Mapping[Output, frozenset[int]]"
    merge: Meeting
    join: Join | None
    known: "dict[tuple[int, str, frozenset[int]], tuple[AxisStep | None, ...]]"
    ways: "dict[tuple[int, frozenset[int]], ReadsOfInput]"
    seen: "dict[int, _Seen]"
    slides: "dict[tuple[int, int, bool], Slides]"
    passed: "dict[tuple[int, str, int], tuple[Mapping[Axis, Track], Mapping[Axis, Track], _Seen]]"

    def follow(self, run: Run) -> None:
        """Put in what is read in the turns of a run, up to the one from which on each does the same."""
        turn, last = run.turns[0] - 1, run.turns[-1]
        while (steady := self._turn(run, turn).steady(turn, last)) is None and turn < last:
            turn += 1
            layers = run.turn(turn)
            spend(TURNED * len(layers))
            for layer in layers:
                self.layer(layer)
        if steady is not None:
            # Whatever is said of the layers behind goes through all phases of each.
            inside = (
                track.field.spans for tracks in self._turn(run, turn).inside for track in tracks.values()
            )
            spend((last - turn) * sum(len(spans.ends) - 1 for spans in inside if spans is not None))
            self.found.steady[run.name] = steady

    def _turn(self, run: Run, turn: int) -> TurnTracks:
        """What is read in a turn that was followed."""
        names = [(run.turn_name(turn) + below, run.written.layers[at]) for below, at in run.places.items()]
        arriving = run.written.arriving
        before = arriving if turn < run.turns[0] else run.port(run.link(arriving), turn)
        return TurnTracks(
            self._read(before),
            self._read(run.port(Link(run.leaving, run.below(run.leaving.layer)), turn)),
            tuple(self.found.of(name, output) for name, layer in names for output in layer.facts.outputs),
            tuple(map(self._read, run.outside)),
        )

    def _read(self, port: "Port") -> "Mapping[Axis, Track]":
        return self.found.of(port.layer, port.output)

    def layer(self, layer: "TracedLayer") -> None:
        """Put in what the units of all outputs of a layer read.

        Raises:
            SpecError: they read too much.
        """
        try:
            for output in layer.facts.outputs:
                # Whatever is said of a layer, in a table or a rule, goes through all inputs and phases.
                spend(self.enter(layer, (layer.name, output)).steps)
        except Fault as fault:
            raise SpecError([Problem(layer.place, layer.subject, fault.fact, fault.hint)]) from None

    def _seen(self, read: "Mapping[Axis, Track]") -> "_Seen":
        """What is known of what is read along some axes."""
        alike = id(read)  # outputs that read alike share it, and it is held until the end
        found = self.seen.get(alike)
        if found is None:
            phases, told, inputs = 0, True, {name for name, _ in read}
            for axis, (field, role, _) in read.items():
                phases += len(field.spans.ends) if field.spans is not None else 0
                told &= role is not None
                self.found.roles.add((axis, role))
            found = self.seen[alike] = _Seen(phases + FIELD * max(0, len(inputs) - 1), told)
        return found

    def enter(self, layer: "TracedLayer", here: "Output") -> _Seen:
        """Put in what the units of an output of a layer read, and say what is known of it."""
        several, told = False, self.kept.get(here, NO_AXES) if self.kept else NO_AXES
        if len(layer.inputs) == 1 and not told:
            return self._pass(layer, here)
        steps = self._steps(layer, here[1], told)
        ways: dict[Axis, dict[int, Track]] = {}
        pieces: dict[Axis, list[SomeUnits]] = {}
        for index, (port, step) in enumerate(zip(layer.inputs, steps, strict=True)):
            source = port.layer, port.output
            before = self._read(port)
            if not before or step is None:
                continue
            spend(len(before))
            if source in self.apart or (told and separates(step.reads, told)):
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
        if several and told:
            self._keep(here, pieces)
        return self._seen(self.found[here])

    def _pass(self, layer: "TracedLayer", here: "Output") -> _Seen:
        """The same of an output that has one input, and that nobody tells apart."""
        (port,), (reads,) = layer.inputs, layer.facts.reads_of(here[1])
        source = port.layer, port.output
        before = self.found.get(source)
        if before is None:
            before = self.found.of(*source)
        if self.apart and source in self.apart:
            (step,) = self._steps(layer, here[1], NO_AXES)
            parts = step.apart(before, self.apart[source]) if step else ()
            self.found[here] = {axis: self._united(pieces) for axis, pieces in parts}
            return self._seen(self.found[here])
        seen = self.seen.get(id(before)) or self._seen(before)
        again = id(reads), id(seen), seen.told or port.tensor.is_float
        slides = self.slides.get(again)
        if slides is not None and not slides:
            self.found[here] = before
            return seen
        taken = id(layer.facts), here[1], id(before)
        passed = self.passed.get(taken)
        if passed is None:
            if slides is not None:
                behind, alike = slid(before, slides)
            else:
                (step,) = self._steps(layer, here[1], NO_AXES)
                behind = step.all_behind(before) if step else NOTHING
                slides = step.slides(before, behind) if step else None
                if alike := slides is not None:
                    self.slides[again] = slides
            if alike:
                self.seen[id(behind)] = seen
            else:
                seen = self._seen(behind)
            passed = self.passed[taken] = before, behind, seen  # what has an id is held here
        self.found[here] = passed[1]
        return passed[2]

    def _steps(
        self, layer: "TracedLayer", output: str, told: frozenset[int]
    ) -> "tuple[AxisStep | None, ...]":
        """The steps through the inputs of a layer; None: of this one nothing is read."""
        alike = id(layer.facts), output, told
        steps = self.known.get(alike)
        if steps is None:
            shape = layer.facts.outputs[output].shape
            steps = self.known[alike] = tuple(
                [
                    None if (way := self._way(reads, told)).unread else AxisStep(way, port.tensor, shape)
                    for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True)
                ]
            )
        return steps

    def _way(self, reads: "Reads", told: frozenset[int]) -> ReadsOfInput:
        """What is known of an input that is read so; layers of many widths share their reads."""
        alike = id(reads), told
        way = self.ways.get(alike)
        if way is None:
            way = self.ways[alike] = ReadsOfInput.of(reads, told)
        return way

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
