"""Output heads: the maps at the end of a network that give a score to every row of a table of tokens."""

from typing import TYPE_CHECKING

from archcalc.facts import FEATURES
from archcalc.tracing.shortening import with_short_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.tracing import Port, Trace, TracedLayer


def scoring_heads(trace: "Trace") -> "Mapping[str, tuple[str, ...]]":
    """The layers at an output that score the tokens of a table on which they depend: name -> their matrices.

    The scores stand at every position, or are of the largest table: two classes are no scores of two types
    of tokens.
    """
    if not any(map(_tokens, trace.written)):
        return {}
    ends = (_end(trace, port) for port in trace.outputs)
    above = with_short_runs(trace, 1, dilated=True).trace.above  # turns between read what others do
    found = {layer.name: _matrices(above(layer.inputs), layer) for layer in ends if layer is not None}
    return {name: matrices for name, matrices in found.items() if matrices}


def _tokens(layer: "TracedLayer") -> bool:
    """Whether it looks up rows of a table that does not hold positions."""
    return bool(layer.facts.lookups) and layer.facts.positional is None


def _end(trace: "Trace", port: "Port") -> "TracedLayer | None":
    """The last layer with weights before an output, behind what only hands its scores on."""
    layer = trace.source(port)
    while layer is not None and not layer.facts.weights and len(layer.inputs) == 1:
        (arriving,) = layer.inputs
        if arriving.tensor.shape[-1:] != layer.output.shape[-1:]:
            return None
        layer = trace.source(arriving)
    return layer


def _matrices(above: "Sequence[TracedLayer]", layer: "TracedLayer") -> tuple[str, ...]:
    """The weights that map all features to as many numbers as a table above the layer has rows."""
    shape = layer.output.shape
    if not shape or not any(reads and reads[-1].reach == FEATURES for reads in layer.facts.reads):
        return ()
    tables = [each.facts for each in above if _tokens(each)]
    rows = [facts.weights[name][0] for facts in tables for name in facts.lookups]
    if shape[-1] not in rows or (len(shape) == 1 and shape[-1] != max(rows)):
        return ()
    weights = layer.facts.weights.items()
    return tuple(name for name, size in weights if len(size) > 1 and shape[-1] in size)
