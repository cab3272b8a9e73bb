"""AC206: convolutions behind the point where every field already spans the input."""

from typing import TYPE_CHECKING

from archcalc.analyses.resizing import Source
from archcalc.analyses.smallest_field import SmallestFields, smallest_fields
from archcalc.cures.making import all_of, without
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word, counted
from archcalc.rules.questions.functions import bends
from archcalc.rules.questions.maps import is_convolution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.transfer import Axis


def check(context: Context) -> Findings:
    """The first convolution that reads nothing but fields larger than the input, once for a network."""
    fields = smallest_fields(context.whole)
    beyond = [layer for layer in context.whole.layers if _beyond(context, layer, fields)]
    if not beyond:
        return
    first = beyond[0]
    (name, axis), size = min(_sizes(first, fields), key=lambda item: item[1])
    word, length = axis_word(context.trace.inputs[name].shape, axis), context.trace.inputs[name].shape[axis]
    spent = sum(context.params.layers[layer.name].params for layer in beyond)
    yield at(
        first,
        f"the smallest field that it reads is {counted(size, word)}, {name!r} has {length:,}",
        consequence=(
            f"it and {len(beyond) - 1:,} more convolutions with {spent:,} parameters together see nothing new"
        ),
        hint="take them out, or feed a larger input",
        cures=tuple(_cures(context, beyond, fields)),
    )


def _cures(context: Context, beyond: "list[TracedLayer]", fields: SmallestFields) -> "Iterator[Cure]":
    """The convolutions taken out with the activations in front of them, or behind; or a larger input."""
    ahead = [context.whole.source(layer.inputs[0]) for layer in beyond]
    after = [context.whole.only_reader(layer) for layer in beyond]
    for beside in (ahead, after):
        bent = [each for each in beside if each is not None and bends(each)]
        yield all_of(*map(without, [*beyond, *bent]))
    largest: dict[Source, int] = {}
    for layer in beyond:
        for (name, axis), size in _sizes(layer, fields):
            source = Source(name, axis)
            largest[source] = max(size, largest.get(source, context.trace.inputs[name].shape[axis]))
    from archcalc.cures.sizing import resized

    yield resized(context, largest)


def _beyond(context: Context, layer: TracedLayer, fields: SmallestFields) -> bool:
    """Whether the smallest field exceeds the input along every axis that it slides over."""
    if not is_convolution(layer):
        return False
    sizes = _sizes(layer, fields)
    return bool(sizes) and all(size > context.trace.inputs[name].shape[axis] for (name, axis), size in sizes)


def _sizes(layer: TracedLayer, fields: SmallestFields) -> "list[tuple[Axis, int]]":
    """Input axis -> smallest field of what arrives, for the axes with more than one tap."""
    port, reads = layer.inputs[0], layer.facts.first_reads
    return [
        (axis, field.least)
        for axis, field in fields[port.layer, port.output].items()
        if field.least and field.along is not None
        if (window := reads[field.along].window) and window.kernel > 1
    ]


RULE = Rule(
    code="AC206",
    name="unproductive-layers",
    severity="info",
    what="Convolutions whose every input path has a receptive field larger than the network's input.",
    why=(
        "A convolution builds features by taking in new surroundings. Once the smallest field that reaches"
        " it spans the whole input there are none left, and trained networks (VGG and ResNet among others)"
        " gained nothing in test accuracy from such layers. The smallest field counts the"
        " path that sees least, so shortcuts keep layers productive for longer. Advice, as the finding is"
        " empirical: depth also helps training and regularises."
    ),
    instead="Take the layers out, downsample later, or train at a higher resolution.",
    source=(
        "Richter, Schöning, Wiedenroth & Krumnack, Should You Go Deeper? Optimizing Convolutional Neural"
        " Network Architectures without Training by Receptive Field Analysis, 2021 (arXiv 2106.12307)"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - type: Sequential
    repeat: 15
    layers:
      - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
      - ReLU
""",
        """\
inputs: {image: [8, 16, 16]}
layers:
  - type: Residual
    repeat: 12
    body:
      - ReLU
      - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 16, 16]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 8, stride: 8}
  - ReLU
  - {type: Conv2d, name: second, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Conv2d, name: third, out_channels: 8, kernel_size: 3, padding: 1}
""",
            line=7,
            message="the smallest field that it reads is 24 rows, 'image' has 16",
        ),
        Bad(
            """\
inputs: {samples: [1, 64]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 33, padding: 16}
  - ReLU
  - {type: Conv1d, out_channels: 8, kernel_size: 33, padding: 16}
  - ReLU
  - {type: Conv1d, out_channels: 8, kernel_size: 33, padding: 16}
  - ReLU
  - {type: Conv1d, out_channels: 8, kernel_size: 1}
""",
            line=7,
            message="the smallest field that it reads is 65 positions, 'samples' has 64",
        ),
    ),
    check=check,
)
