"""Images in the order of other programs: rows and columns before the channels."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.maps import has_kernels, is_weighted

if TYPE_CHECKING:
    from archcalc.facts import Shape

CHANNELS = (1, 3, 4)
"""Channels of an image: grey, three colours, three colours and what is transparent."""
RANKS = (3, 4)
"""Axes of an image, and of a film."""
SMALLEST = 8
"""Rows and columns of an image at least."""
COLOURED, OTHER = 16, 4
"""How many times longer one side of an image may be, with three colours and with 1 or 4 channels."""


def image_turned(context: Context, layer: TracedLayer) -> str | None:
    """The input in the shape of an image with its channels behind that a convolution reads as it is."""
    name = _input_read(context, layer) if has_kernels(layer) else None
    return name if name and _looks_like(layer, context.trace.inputs[name].shape) else None


def behind_turned(context: Context) -> frozenset[str]:
    """Names of all that depends on such an image, whose rows and colours lie where others are looked for."""
    names = {name for layer in context.layers if (name := image_turned(context, layer))}
    return frozenset[str]().union(*map(context.trace.behind, names))


def _input_read(context: Context, layer: TracedLayer) -> str | None:
    """The input whose axes, in their order, are those that a layer reads."""
    port = layer.inputs[0]
    while (source := context.trace.source(port)) is not None:
        reads = source.facts.reads[0]
        moved = any(read.to != axis for axis, read in enumerate(reads))
        if moved or len(source.inputs) != 1 or is_weighted(source):
            return None
        port = source.inputs[0]
    return port.layer


def _looks_like(layer: TracedLayer, shape: "Shape") -> bool:
    """Whether it is a picture's shape, and no map of one column over which a kernel of one column slides."""
    if len(shape) not in RANKS or shape[-1] not in CHANNELS or shape[0] in CHANNELS:
        return False
    small, large = sorted(shape[-3:-1])
    if small < SMALLEST or large > small * (COLOURED if shape[-1] == CHANNELS[1] else OTHER):
        return False
    weight = layer.facts.weights.get("weight")
    return shape[-1] > 1 or weight is None or weight[-1] > 1
