"""Images and signals in the order of other programs: positions before the channels."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Context, Port, TracedLayer
from archcalc.rules.questions.maps import has_kernels, is_weighted

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.tracing.records import Refused

CHANNELS = (1, 3, 4)
"""Channels of an image: grey, three colours, three colours and what is transparent."""
RANKS = (3, 4)
"""Axes of an image, and of a film."""
SMALLEST = 8
"""Rows and columns of an image at least."""
SIGNAL = 2
"""Axes of a signal."""
SHORTEST = 100
"""Positions of a signal at least; fewer are rather channels of one position."""
COLOURED, OTHER = 16, 4
"""How many times longer one side of an image may be, with three colours and with 1 or 4 channels."""


def image_turned(context: Context, layer: TracedLayer) -> str | None:
    """The input in the shape of an image with its channels behind that a convolution reads as it is."""
    name = _input_read(context, layer.inputs[0]) if has_kernels(layer) else None
    if name is None or not _looks_like_one(context.trace.inputs[name].shape):
        return None
    if len(context.trace.inputs[name].shape) == SIGNAL and layer.arguments.transposed:
        return None  # noise of one position, which a generator spreads out
    weight = layer.facts.weights.get("weight")
    # A kernel of one column slides over a sequence that is written as a map of one column, and one of a
    # single tap maps features.
    sequence = context.trace.inputs[name].shape[-1] == 1 and weight is not None and weight[-1] == 1
    return None if sequence else name


def image_refused(context: Context, refused: "Refused") -> str | None:
    """Such an input in front of a layer that refuses what it reads, where it has windows or is behind some.

    One that states its channels knows itself what arrives in their place.
    """
    if refused.origin.written("in_channels") is not None:
        return None
    for port in refused.inputs:
        for layer in context.trace.above((port,)):
            if (name := image_turned(context, layer)) is not None:
                return name
    rank = getattr(refused.arguments, "rank", None)
    windows = refused.arguments.linear or hasattr(refused.arguments, "kernel_size")
    if not windows or rank != len(refused.inputs[0].tensor.shape) - 1:
        return None
    name = _input_read(context, refused.inputs[0])
    return name if name and _looks_like_one(context.trace.inputs[name].shape) else None


def behind_turned(context: Context) -> frozenset[str]:
    """Names of all that depends on such an image, whose rows and colours lie where others are looked for."""
    names = {name for layer in context.layers if (name := image_turned(context, layer))}
    return frozenset[str]().union(*map(context.trace.behind, names))


def _input_read(context: Context, port: Port) -> str | None:
    """The input whose axes, in their order, are those of an output."""
    while (source := context.trace.source(port)) is not None:
        reads = source.facts.first_reads
        moved = any(read.to != axis for axis, read in enumerate(reads))
        if moved or len(source.inputs) != 1 or is_weighted(source):
            return None
        port = source.inputs[0]
    return port.layer


def _looks_like_one(shape: "Shape") -> bool:
    """Whether it is the shape of a picture, or a film, that begins with its rows; a signal of one channel."""
    if len(shape) == SIGNAL:
        return shape[0] >= SHORTEST and shape[1] == 1
    if len(shape) not in RANKS or shape[-1] not in CHANNELS or shape[0] in CHANNELS:
        return False
    small, large = sorted(shape[-3:-1])
    return small >= SMALLEST and large <= small * (COLOURED if shape[-1] == CHANNELS[1] else OTHER)
