"""Along which axis of a tensor its features lie, from the layers that made them."""

from typing import TYPE_CHECKING

from archcalc.facts import FEATURES, IDENTITY, WHOLE, AxisRead, Window, unread
from archcalc.rules.questions.maps import has_kernels, is_map, is_weighted
from archcalc.rules.questions.vocabulary import looks_up
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.rules.language import Context, Port, TracedLayer

    Found = Mapping[tuple[str, str], "Features"]


SEQUENCE = 2
"""Axes of steps with features."""


class Features(NamedTuple):
    """The axis of the features of an output; all others hold positions.

    Args:
        axis: of the output.
        maker: the layer that made the features.
        sure: the maker takes nothing else: a convolution has its channels before the positions, a table, a
            recurrence and attention have features behind the steps. A linear map of the last axis also
            serves for a map of positions.
        kernels: the positions are those of a convolution.
    """

    axis: int
    maker: "TracedLayer"
    sure: bool
    kernels: bool


def features(context: "Context") -> "Found":
    """Layer and output -> where its features lie; what the layers do not tell is left out."""
    found: dict[tuple[str, str], Features] = {}
    for layer in context.layers:
        for output, tensor in layer.facts.outputs.items():
            made, kept = _made(layer, output), _kept(layer, output, found)
            chosen = _joined(made, kept)
            if chosen is not None and chosen.axis < len(tensor.shape):
                found[layer.name, output] = chosen
    return found


def features_of(found: "Found", port: "Port") -> Features | None:
    """Where the features of what a layer reads lie."""
    return found.get((port.layer, port.output))


def channels_as_steps(found: "Found", layer: "TracedLayer") -> Features | None:
    """The channels of a convolution of several taps that attention or a recurrence takes for steps."""
    port = layer.inputs[0] if layer.inputs else None
    made = features_of(found, port) if port else None
    own = layer.mapped
    if not port or made is None or not made.kernels or made.axis != own:
        return None
    if len(port.tensor.shape) != own + SEQUENCE:
        return None
    before = features_of(found, made.maker.inputs[0])
    if before is not None and before.axis != made.maker.mapped:
        return None  # the convolution itself takes steps for channels, of which AC111 tells
    reads = layer.facts.first_reads
    recurs = is_weighted(layer) and not layer.arguments.linear and reads[own + 1].reach == FEATURES
    windows = [read.reach for read in made.maker.facts.first_reads if isinstance(read.reach, Window)]
    taps = any(window.kernel > 1 for window in windows)
    return made if taps and (recurs or layer.facts.attention is not None) else None


def _joined(made: Features | None, kept: Features | None) -> Features | None:
    """Of a map over positions, as in an MLP-Mixer, the features stay where they are."""
    if made is None or kept is None or made.axis != kept.axis:
        return kept or made
    return made._replace(sure=made.sure or kept.sure, kernels=made.kernels or kept.kernels)


def _made(layer: "TracedLayer", output: str) -> Features | None:
    """The features that a layer makes of those that it mixes, or of tokens."""
    if looks_up(layer):
        return Features(len(layer.output.shape) - 1, layer, sure=True, kernels=False)
    reads = layer.facts.reads_of(output)[0] if is_weighted(layer) else ()
    mixed = [read.to for read in reads if read.reach == FEATURES]
    if len(mixed) != 1 or mixed[0] is None:
        return None
    kernels = has_kernels(layer)
    return Features(mixed[0], layer, sure=kernels or not is_map(layer), kernels=kernels)


def _kept(layer: "TracedLayer", output: str, found: "Found") -> Features | None:
    """The features of what a layer reads, where each stays one and several inputs agree."""
    kept: list[Features | None] = []
    for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=False):
        before = features_of(found, port)
        if before is not None and not unread(reads):
            to = _moved(reads[before.axis])
            kept.append(None if to is None else before._replace(axis=to))
        if layer.arguments.merges is None:
            break
    axes = {each.axis if each else None for each in kept}
    return kept[0] if len(axes) == 1 else None


def _moved(read: AxisRead) -> int | None:
    """Where an axis is behind a layer that mixes nothing along it but by a mean, or a softmax."""
    kept = read.reach in (IDENTITY, WHOLE, FEATURES) or read.border == "absent"
    return read.to if kept and not read.sampled else None
