"""At which sizes of an input something holds: its layers asked again, on sizes that remember."""

from dataclasses import field as record_field
from dataclasses import replace
from math import lcm
from typing import TYPE_CHECKING

from archcalc.analyses.demand import slides
from archcalc.effort import note
from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archcalc.analyses.demand import Slide
    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.facts import Facts, Tensor
    from archcalc.tracing import Port, Trace, TracedLayer

    Tensors = dict[tuple[str, str], Tensor]
    Holds = Callable[[Tensors, Mapping[str, Facts]], bool]

MAX_PERIOD = 1024
"""Sizes that are looked at on each side."""
MAX_ASKED = 700
"""Layers that are asked again for all of them, alike ones once: of shipped networks fewer than 600."""
ALL_ASKED = 2_000
"""The same for all questions about a network."""
ASKED = 400
"""Steps of a layer that is asked, where these are counted."""
ALL_WALKED = 60_000
"""Layers that all questions about a network walk through, asked or not."""


class AskedEnough(Exception):  # noqa: N818  no fault of the network
    """More layers would have to be asked."""


@dataclass(slots=True)
class Effort:
    """What all questions about a network have taken: layers asked again, and layers walked through."""

    asked: int = 0
    walked: int = 0

    @property
    def spent(self) -> bool:
        """Whether no more is asked."""
        return self.asked >= ALL_ASKED or self.walked >= ALL_WALKED


class Source(NamedTuple):
    """An axis of an input of the network."""

    input: str
    axis: int


class Stepping(NamedTuple):
    """An axis along which a layer moves a window in steps, none of them larger than the window."""

    layer: "TracedLayer"
    position: int
    axis: int

    def slides(self, facts: "Facts", reads: "Sequence[Tensor]") -> "Iterator[Slide]":
        """The window where the layer states this of what it reads, at another size of the input."""
        for slide in slides(facts, reads):
            if (slide.position, slide.axis) == (self.position, self.axis):
                yield slide


class JudgedSteps(NamedTuple):
    """Where layers step, and what must be true of each step for anything to hold: it is asked right there."""

    places: "Sequence[Stepping]" = ()
    passes: "Callable[[Slide], bool]" = lambda _: True

    def by_layer(self) -> "dict[str, list[Stepping]]":
        """The places by the names of their layers."""
        found: dict[str, list[Stepping]] = {}
        for place in self.places:
            found.setdefault(place.layer.name, []).append(place)
        return found


NO_STEPS = JudgedSteps()


class Fits(NamedTuple):
    """Sizes at which something holds: the nearest ones, and the number whose multiples these are."""

    below: int | None
    over: int | None
    multiple: int | None


@dataclass(frozen=True, slots=True)
class Resizing:
    """A network whose inputs may get other sizes.

    Args:
        trace: the network.
        fields: its receptive fields.
        effort: what has been asked of it.
    """

    trace: "Trace"
    fields: "ReceptiveFieldReport"
    effort: Effort = record_field(default_factory=Effort)

    def size(self, source: Source) -> int:
        """The size of an axis in the spec."""
        return self.trace.inputs[source.input].shape[source.axis]

    def sources(self, port: "Port", axis: int) -> tuple[Source, ...]:
        """The input axes that run along with an axis of an output, where windows lead between them."""
        if port.layer in self.trace.inputs:
            return (Source(port.layer, axis),)
        return tuple(
            Source(field.input, found.axis)
            for field in self.fields.outputs.get((port.layer, port.output), ())
            for found in field.axes
            if found.along == axis
        )

    def stepping(self, layers: "Iterable[TracedLayer]", source: Source) -> list[Stepping]:
        """Where layers could leave something of what runs along with an input axis."""
        return [
            Stepping(layer, slide.position, slide.axis)
            for layer in layers
            for slide in slides(layer.facts, (port.tensor for port in layer.inputs))
            if not slide.skips and source in self.sources(layer.inputs[slide.position], slide.axis)
        ]

    def fitting(
        self, ports: "Iterable[Port]", source: Source, holds: "Holds", steps: JudgedSteps = NO_STEPS
    ) -> Fits | None:
        """The sizes of an input axis at which ``holds`` is true of what the ports depend on.

        Args:
            ports: what the question is about.
            source: the axis whose size is changed; all others keep theirs.
            holds: asked with the tensors and the facts at one size, which remembers.
            steps: what must be true besides. Behind a step that does not pass no layer is asked, so that all
                sizes with the same rest there have one answer.

        Returns:
            None where no size holds, or too much would have to be asked.
        """
        from archcalc.sizes.pieces import Pieces

        layers, size = self.trace.above(ports), self.size(source)
        span = None if layers and self.effort.spent else self._period(layers, source)
        self.effort.walked += len(self.trace.layers)
        if span is None:
            return None
        asked: list[Facts] = []
        answers = Pieces("size", lambda n: self._holds(layers, source, n, holds, steps, asked), texts=False)
        try:
            smaller = reversed(range(max(1, size - span), size))
            below = next((n for n in smaller if answers.at(n).answer), None)
            over = [n for n in range(size + 1, size + span + 1) if answers.at(n).answer]
        except (Fault, AskedEnough):
            return None
        if below is None and not over:
            return None
        return Fits(below, min(over, default=None), _multiple(over, size, span))

    def _period(self, layers: "Iterable[TracedLayer]", source: Source) -> int | None:
        """Positions of an input after which the remainders of all strides come again; None: too many."""
        found = 1
        for layer in layers:
            for field in self.fields.layers.get(layer.name, ()):
                for axis in field.axes if field.input == source.input else ():
                    if axis.axis == source.axis and axis.spans is not None and axis.spans.shift:
                        found = lcm(found, axis.spans.stride.numerator)
                        if found > MAX_PERIOD:
                            return None
        return found

    def _holds(
        self,
        layers: "Sequence[TracedLayer]",
        source: Source,
        size: int,
        holds: "Holds",
        steps: JudgedSteps,
        before: "list[Facts]",
    ) -> bool:
        """Whether it holds at a size; what layers state there is put behind what they have stated before.

        Raises:
            AskedEnough: of ``MAX_ASKED`` layers, or of ``ALL_ASKED`` with all that was asked before.
        """
        tensors: Tensors = {(name, "output"): tensor for name, tensor in self.trace.inputs.items()}
        own = tensors[source.input, "output"]
        shape = (*own.shape[: source.axis], size, *own.shape[source.axis + 1 :])
        tensors[source.input, "output"] = replace(own, shape=shape)
        facts: dict[str, Facts] = {}
        stated: dict[object, Facts] = {}
        places = steps.by_layer()
        try:
            for layer in layers:
                reads = tuple(tensors[port.layer, port.output] for port in layer.inputs)
                alike = _alike(layer, reads)
                asked = stated.get(alike)
                if asked is None:
                    if len(before) == MAX_ASKED or self.effort.asked >= ALL_ASKED:
                        raise AskedEnough
                    asked = stated[alike] = layer.arguments.infer(reads)
                    before.append(asked)
                    self.effort.asked += 1
                    note(ASKED)
                facts[layer.name] = asked
                here = (slide for place in places.get(layer.name, ()) for slide in place.slides(asked, reads))
                if not all(map(steps.passes, here)):
                    return False
                tensors.update({(layer.name, name): tensor for name, tensor in asked.outputs.items()})
        except (Fault, KeyError):  # a layer refuses the size, or gives other outputs than before
            return False
        return holds(tensors, facts)


def _alike(layer: "TracedLayer", reads: "Sequence[Tensor]") -> object:
    """What is the same for layers that state the same of what they read, whatever they are called."""
    from archcalc.sizes.size import Size

    shapes = ([n.polynomial if isinstance(n, Size) else n for n in each.shape] for each in reads)
    kinds = ((each.dtype, each.batched) for each in reads)
    return id(layer.arguments), *map(tuple, shapes), *kinds


def _multiple(holding: "Sequence[int]", size: int, span: int) -> int | None:
    """The number whose multiples are all that holds over a whole period behind ``size``."""
    step = span // len(holding) if holding else 0
    every = [n for n in range(size + 1, size + span + 1) if step and n % step == 0]
    return step if step > 1 and every == list(holding) else None
