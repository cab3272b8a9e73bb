"""AC103: rows or columns at the end that a strided layer never reads."""

from typing import TYPE_CHECKING

from archcalc.analyses.demand import slides
from archcalc.cures.making import setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word
from archcalc.tracing import Port
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.analyses.demand import Slide, Unread
    from archcalc.analyses.resizing import Fits, Resizing, Source


class Tail(NamedTuple):
    """An axis whose end nothing reads: the layer that stops before it, and what made the axis."""

    layer: TracedLayer
    slide: "Slide"
    port: "Port"
    axis: int
    unread: "Unread"


def check(context: Context) -> Findings:
    """Strided layers that stop before the end of an axis whose end no other layer reads either."""
    tails: dict[str, list[Tail]] = {}
    for tail in _tails(context):
        tails.setdefault(tail.layer.name, []).append(tail)
    everywhere: dict[Source, Fits | None] = {}
    for mine in tails.values():
        layer, fits = mine[0].layer, _fitting(context, mine, everywhere) if context.told else {}
        yield at(
            layer,
            _message(mine),
            key="stride" if layer.origin.written("stride") is not None else "kernel_size",
            consequence=_consequence(context, mine),
            hint=_hint(mine, fits, context),
            cures=_cures(context, layer, fits),
        )


def _tails(context: Context) -> "Iterator[Tail]":
    """Each unread end once, at the first layer that leaves it."""
    told: set[tuple[str, str, int]] = set()
    turned = context.behind_turned  # where other axes are taken for positions
    for layer in (each for each in context.layers if each.name not in turned):
        for slide in slides(layer.facts, (port.tensor for port in layer.inputs)):
            if slide.skips or not slide.tail:
                continue
            for port, axis in context.demand.roots(layer.inputs[slide.position], slide.axis):
                unread = context.demand.of(port, axis)
                key = (port.layer, port.output, axis)
                if unread.tail and unread.read and key not in told:
                    told.add(key)
                    yield Tail(layer, slide, port, axis, unread)


def _message(tails: list[Tail]) -> str:
    """What is read of each axis, and what is not."""
    reads: dict[str, list[str]] = {}
    never: dict[str, None] = {}
    for tail in tails:
        word, length = axis_word(tail.port.tensor.shape, tail.axis), tail.unread.length
        first, last = tail.unread.last + 1, length - 1
        reads.setdefault(str(tail.port), []).append(f"{first:,} of {length:,} {word}s")
        never[f"{word} {first:,}" if first == last else f"{word}s {first:,} to {last:,}"] = None
    read = ", ".join(f"{' and '.join(counts)} of {port}" for port, counts in reads.items())
    are = "is" if len(never) == 1 and " to " not in next(iter(never)) else "are"
    return f"reads {read}: {' and '.join(never)} {are} never read"


def _consequence(context: Context, tails: list[Tail]) -> str:
    if any(tail.port.layer in context.trace.inputs for tail in tails):
        return "what stands there never reaches the network"
    return "it is computed for nothing, and what only it has seen is lost"


def _fitting(
    context: Context, mine: list[Tail], everywhere: "dict[Source, Fits | None]"
) -> "dict[Source, Fits]":
    """Input sizes at which all layers, else those above, else this one read up to the last position."""
    fits: dict[Source, Fits] = {}
    network = context.resizing
    for tail in mine:
        for source in network.sources(tail.port, tail.axis):
            if source not in everywhere:
                everywhere[source] = _fits(network, context.trace.outputs, source)
            port = Port(tail.layer.name, *next(iter(tail.layer.facts.outputs.items())))
            found = everywhere[source] or _fits(network, (port,), source)
            found = found or _fits(network, (port,), source, tail.layer)
            if found:
                fits[source] = found
    return fits


def _cures(context: Context, layer: TracedLayer, fits: "Mapping[Source, Fits]") -> tuple[Cure, ...]:
    rounding = "ceil_mode" in type(layer.arguments).model_fields
    from archcalc.cures.sizing import fitting_sizes

    return (*fitting_sizes(context, fits), *((setting(layer, ceil_mode=True),) * rounding))


def _hint(mine: list[Tail], fits: "Mapping[Source, Fits]", context: Context) -> str:
    local = "write ceil_mode: true" if "ceil_mode" in type(mine[0].layer.arguments).model_fields else "pad it"
    from archcalc.rules.questions.resizing import offered

    return f"{offered(context, fits)}, or {local}" if fits else f"{local}, or feed another size"


def _fits(
    network: "Resizing", ports: "Sequence[Port]", source: "Source", alone: TracedLayer | None = None
) -> "Fits | None":
    """Sizes at which the layers that the ports depend on, or one alone, leave no end unread."""
    from archcalc.analyses.resizing import JudgedSteps

    if network.effort.spent:
        return None
    judged = network.trace.above(ports) if alone is None else (alone,)
    places = network.stepping(judged, source)
    return network.fitting(ports, source, lambda _, __: True, JudgedSteps(places, _reads_all))


def _reads_all(slide: "Slide") -> bool:
    return not slide.tail


RULE = Rule(
    code="AC103",
    name="unread-positions",
    severity="warning",
    what="A strided layer whose last window ends before the axis does, and nothing else reads the rest.",
    why=(
        "The number of windows is rounded down: a pool of 2 over 25 rows reads 24 of them, and what stands in"
        " the last row is lost at every such step, always at the same side of the image. Judged is what all"
        " readers of an output read together, per axis, so that a shortcut beside a 3x3 is no mistake. A"
        " stride larger than its kernel, which leaves out positions everywhere, is AC203's."
    ),
    instead=(
        "Feed a size that divides (the finding names the nearest ones), pad the layer, or round up with"
        " `ceil_mode: true` where it is a pool."
    ),
    source=(
        "Dumoulin & Visin, A guide to convolution arithmetic for deep learning, 2016 (arXiv 1603.07285),"
        " sections 2.4 and 4.6: the floor in the output's size"
    ),
    good=(
        """\
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 7, stride: 2, padding: 3, note: it stops in the padding}
  - {type: MaxPool2d, kernel_size: 2}
""",
        """\
inputs: {image: [8, 25, 25]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
    shortcut:
      - {type: AvgPool2d, kernel_size: 2, ceil_mode: true}
      - {type: Conv2d, out_channels: 16, kernel_size: 1}
""",
        """\
inputs: {image: [3, 25, 25]}
layers:
  - {type: Conv2d, name: stem, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, name: small, kernel_size: 2}
outputs: [stem, small]
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 25, 32]}
layers:
  - {type: Conv2d, name: stem, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - {type: MaxPool2d, kernel_size: 2}
""",
            line=5,
            column=36,
            message="reads 24 of 25 rows of stem: row 24 is never read",
        ),
        Bad(
            """\
inputs: {image: [3, 223, 223]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 4, stride: 4}
""",
            line=3,
            column=61,
            message="reads 220 of 223 rows and 220 of 223 columns of image: rows 220 to 222 and columns 220",
        ),
        Bad(
            """\
inputs: {samples: [1, 1001]}
layers:
  - {type: Conv1d, name: low, out_channels: 8, kernel_size: 10, stride: 5, from: samples}
  - {type: Conv1d, name: high, out_channels: 8, kernel_size: 20, stride: 10, from: samples}
outputs: [low, high]
""",
            line=3,
            message="reads 1,000 of 1,001 positions of samples: position 1,000 is never read",
        ),
    ),
    check=check,
)
