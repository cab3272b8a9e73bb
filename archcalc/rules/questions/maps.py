"""Linear maps with weights: of features, of kernels over positions, of the nodes of a graph."""

from archcalc.facts import FEATURES, IDENTITY, Neighbours
from archcalc.rules.language import Context, TracedLayer
from archcalc.tracing.records import tensor_name


def is_weighted(layer: TracedLayer) -> bool:
    """Whether it multiplies by weights: convolutions, linear maps, attention, recurrences, no norms."""
    return bool(layer.facts.weights and layer.facts.macs)


def is_map(layer: TracedLayer) -> bool:
    """Whether it is weighted, and linear in its one input but for a bias."""
    return layer.arguments.linear and is_weighted(layer) and len(layer.inputs) == 1


def has_kernels(layer: TracedLayer) -> bool:
    """Whether it is a map of channels that come before positions: a convolution, or a transposed one."""
    own = layer.mapped
    return is_map(layer) and mixed_axis(layer) == own and len(layer.facts.first_reads) > own + 1


def is_convolution(layer: TracedLayer) -> bool:
    """Whether it has kernels that gather what they read, which those of a transposed one scatter."""
    return has_kernels(layer) and not layer.arguments.transposed


def is_of_nodes(layer: TracedLayer) -> bool:
    """Whether it is weighted, and reads nodes of a graph and their neighbours."""
    hops = any(isinstance(read.reach, Neighbours) for read in layer.facts.first_reads)
    return hops and is_weighted(layer)


def hops(layer: TracedLayer) -> bool:
    """Whether it is a fixed mean over neighbours and one linear map of their features."""
    return layer.arguments.linear and is_of_nodes(layer)


def is_projection(layer: TracedLayer) -> bool:
    """Whether it is a linear map of the features at every position by itself: a 1x1 or a Linear."""
    reaches = [read.reach for reads in layer.facts.reads for read in reads]
    return is_map(layer) and FEATURES in reaches and all(reach in (FEATURES, IDENTITY) for reach in reaches)


def mixed_axis(layer: TracedLayer) -> int | None:
    """The one axis whose numbers a layer mixes, as channels or features; None where there is no such axis."""
    mixed = [axis for axis, read in enumerate(layer.facts.first_reads) if read.reach == FEATURES]
    return mixed[0] if len(mixed) == 1 else None


def width_key(layer: TracedLayer) -> str:
    """The argument that says how many channels or features it makes."""
    return "out_channels" if "out_channels" in type(layer.arguments).model_fields else "out_features"


def trained_alone(context: Context, layer: TracedLayer) -> bool:
    """Whether it is a linear map with weights of its own that training moves as they are."""
    return (
        (is_map(layer) or hops(layer))
        and not layer.untrained
        and getattr(layer.arguments, "parametrization", None) is None
        and not any(tensor_name(layer.name, own) in context.trace.shared for own in layer.facts.weights)
    )
