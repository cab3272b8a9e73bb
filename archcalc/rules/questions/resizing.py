"""What a network would be at other sizes of its inputs: its layers asked again, without the spec."""

from dataclasses import replace
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.demand import slides
from archcalc.errors import Fault
from archcalc.rules.questions.axes import axis_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from archcalc.analyses.demand import Slide
    from archcalc.facts import Facts, Tensor
    from archcalc.rules.context import Context
    from archcalc.tracing import Port, TracedLayer

    Tensors = dict[tuple[str, str], Tensor]
    Holds = Callable[[Tensors, Mapping[str, Facts]], bool]

MAX_PERIOD = 1024
"""Sizes that are tried on each side."""
MAX_ASKED = 60_000
"""Layers that one question may ask again."""


class Source(NamedTuple):
    """An axis of an input of the network."""

    input: str
    axis: int

    def size(self, context: "Context") -> int:
        """Its size in the spec."""
        return context.trace.inputs[self.input].shape[self.axis]

    def word(self, context: "Context") -> str:
        """What one place along it is called."""
        return axis_word(context.trace.inputs[self.input].shape, self.axis)


def sources(context: "Context", port: "Port", axis: int) -> "tuple[Source, ...]":
    """The input axes that run along with an axis of an output, where windows lead from one to the other."""
    if port.layer in context.trace.inputs:
        return (Source(port.layer, axis),)
    return tuple(
        Source(field.input, found.axis)
        for field in context.fields.outputs.get((port.layer, port.output), ())
        for found in field.axes
        if found.along == axis
    )


def period(context: "Context", layers: "Iterable[TracedLayer]", source: Source) -> int | None:
    """Positions of an input after which the remainders of all strides come again; None: too many."""
    found = 1
    for layer in layers:
        for field in context.fields.layers.get(layer.name, ()):
            for axis in field.axes if field.input == source.input else ():
                if axis.axis == source.axis and axis.spans is not None and axis.spans.shift:
                    found = lcm(found, axis.spans.stride.numerator)
                    if found > MAX_PERIOD:
                        return None
    return found


class Stepping(NamedTuple):
    """An axis along which a layer moves a window in steps, none of them larger than the window."""

    layer: "TracedLayer"
    position: int
    axis: int

    def slides(self, tensors: "Tensors", facts: "Mapping[str, Facts]") -> "Iterator[Slide]":
        """The window at another size of the input."""
        inputs = [tensors[port.layer, port.output] for port in self.layer.inputs]
        for slide in slides(facts[self.layer.name], inputs):
            if (slide.position, slide.axis) == (self.position, self.axis):
                yield slide


def stepping(context: "Context", layers: "Iterable[TracedLayer]", source: Source) -> list[Stepping]:
    """Where layers could leave something of what runs along with an input axis."""
    return [
        Stepping(layer, slide.position, slide.axis)
        for layer in layers
        for slide in slides(layer.facts, (port.tensor for port in layer.inputs))
        if not slide.skips and source in sources(context, layer.inputs[slide.position], slide.axis)
    ]


class Fits(NamedTuple):
    """Sizes at which something holds: the nearest ones, and the number whose multiples these are."""

    below: int | None
    over: int | None
    multiple: int | None

    def __str__(self) -> str:
        return " or ".join(f"{size:,}" for size in (self.below, self.over) if size is not None)


def fitting(
    context: "Context",
    ports: "Sequence[Port]",
    source: Source,
    holds: "Holds",
) -> Fits | None:
    """The sizes of an input axis at which ``holds`` is true of what the ports depend on.

    Args:
        context: the network.
        ports: what the question is about.
        source: the axis whose size is changed; all others keep theirs.
        holds: asked with the tensors and the facts at one size.

    Returns:
        None where no size holds, or too many would have to be tried.
    """
    layers, size = context.trace.above(ports), source.size(context)
    span = period(context, layers, source)
    if span is None or 2 * span * len(layers) > MAX_ASKED:
        return None
    holding = [
        n for n in range(max(1, size - span), size + span + 1) if _holds(context, layers, source, n, holds)
    ]
    below = max((n for n in holding if n < size), default=None)
    over = min((n for n in holding if n > size), default=None)
    if below is None and over is None:
        return None
    return Fits(below, over, _multiple([n for n in holding if n > size], size, span))


def offered(context: "Context", fits: "Mapping[Source, Fits]") -> str:
    """The sizes that fit, as an advice: give 'image' 96 or 104 rows and 96 or 104 columns."""
    inputs: dict[str, list[str]] = {}
    for source, found in fits.items():
        inputs.setdefault(source.input, []).append(f"{found} {source.word(context)}s{_named(found)}")
    return "; ".join(f"give {name!r} {' and '.join(sizes)}" for name, sizes in inputs.items())


def _named(fits: Fits) -> str:
    return f" (multiples of {fits.multiple})" if fits.multiple else ""


def _multiple(holding: "Sequence[int]", size: int, span: int) -> int | None:
    """The number whose multiples are all that holds over a whole period behind ``size``."""
    step = span // len(holding) if holding else 0
    every = [n for n in range(size + 1, size + span + 1) if step and n % step == 0]
    return step if step > 1 and every == list(holding) else None


def _holds(
    context: "Context",
    layers: "Sequence[TracedLayer]",
    source: Source,
    size: int,
    holds: "Holds",
) -> bool:
    tensors: Tensors = {(name, "output"): tensor for name, tensor in context.trace.inputs.items()}
    key = (source.input, "output")
    shape = tensors[key].shape
    tensors[key] = replace(tensors[key], shape=(*shape[: source.axis], size, *shape[source.axis + 1 :]))
    facts: dict[str, Facts] = {}
    try:
        for layer in layers:
            asked = layer.arguments.infer(tuple(tensors[port.layer, port.output] for port in layer.inputs))
            facts[layer.name] = asked
            tensors.update({(layer.name, name): tensor for name, tensor in asked.outputs.items()})
    except (Fault, KeyError):  # a layer refuses the size, or gives other outputs than before
        return False
    return holds(tensors, facts)
