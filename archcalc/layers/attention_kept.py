"""What autograd keeps of attention: by torch's fused kernel, in single steps, with projections before it."""

from typing import TYPE_CHECKING

from archcalc.keeping import SINGLE, per_batch, per_sample, same_shape
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.attended import Attention
    from archcalc.facts import Tensor
    from archcalc.keeping import Saved
    from archcalc.kept import KeptTensors, Made

STREAMS = 3
"""Inputs that are projected; a fourth one is terms on the scores."""
WIDE = ("float32", "float64")
"""Precisions in which torch composes attention as it is written."""


class WeightsAsked(NamedTuple):
    """How attention with projections is asked.

    Args:
        weights: for the weights of attention too.
        every: for those of every head, not their mean.
        dropout: probability that a weight becomes 0.
        batch_first: whether the batch stands before the steps.
        first: name of the first projection's weight.
    """

    weights: bool
    every: bool
    dropout: float
    batch_first: bool
    first: str


def fused_results(found: "Attention", dtype: str, terms: "tuple[Tensor, ...]" = ()) -> "tuple[Tensor, ...]":
    """What the fused kernel makes beside its output: sums of the softmax, and the mask in numbers."""
    sums = per_sample(found.heads * found.queries, dtype if dtype == "float64" else SINGLE)
    if terms:
        return sums, *(same_shape(each, dtype) for each in terms)
    masked = found.window is not None
    return sums, *([per_batch(found.queries * found.keys, dtype)] * masked)


def composed_scores(
    kept: "KeptTensors", found: "Attention", value: "Made", dropout: float, lead: int = 1
) -> None:
    """What attention in single steps keeps: scaled queries and keys, the softmax, values, behind a dropout.

    In half precision all of it is calculated in single precision.
    """
    dtype = kept.dtype if kept.dtype in WIDE else SINGLE
    for positions in (found.queries, found.keys):
        kept.own(lead, found.heads, positions, found.head_dim, dtype=dtype)
    scores = kept.own(lead, found.heads, found.queries, found.keys, dtype=dtype)
    kept.keep(kept.dropped(scores, dropout))
    sizes = lead, found.heads, found.keys, found.value_dim
    kept.keep(value if dtype == kept.dtype else kept.new(*sizes, dtype=dtype))


def kept_of_projected(
    kept: "KeptTensors", found: "Attention", made: "tuple[Made, ...]", how: WeightsAsked
) -> "Saved":
    """What attention keeps with projections of all that it reads and of the result.

    Args:
        kept: the inputs.
        found: what is attended to.
        made: the outputs.
        how: how it is asked.
    """
    width = found.heads * found.head_dim
    if how.first.startswith("q_proj."):
        return _kept_apart(kept, found, made, how)
    query, key, value = _projected(kept, width, how)
    for _ in range(found.added):
        key, value = (kept.new(found.keys, width) for _ in range(2))
    if how.weights:
        scaled = kept.new(found.queries, width)
        kept.keep(scaled, key, value)
        _kept_scores(kept, found, made, how)
    elif how.dropout or len(kept.inputs) > STREAMS:
        composed_scores(kept, found, value, how.dropout)
    else:
        kept.keep(query, key, value)
        kept.own(found.queries, width)  # it lies as the queries do
        return kept.saved(*made).with_results(*fused_results(found, kept.dtype))
    kept.linear(kept.new(found.queries, width), width)
    return kept.saved(*made)


def _projected(kept: "KeptTensors", width: int, how: WeightsAsked) -> "tuple[Made, Made, Made]":
    """Queries, keys and values; those that are made of one input by one weight lie in one storage."""
    inputs = kept.inputs[:STREAMS]
    read = kept.turned_linear if how.batch_first else kept.linear
    query, key, value = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[-1]
    if how.first == "in_proj_weight" and len(inputs) < STREAMS:
        both = read(key, (1 + STREAMS - len(inputs)) * width)
        return (both if len(inputs) == 1 else read(query, width)), both, both
    return read(query, width), read(key, width), read(value, width)


def _kept_scores(
    kept: "KeptTensors", found: "Attention", made: "tuple[Made, ...]", how: WeightsAsked
) -> None:
    """The softmax, and behind a dropout what is left of it: an output where that is every head's."""
    every = made[1:] if how.every else ()
    weights = every[0] if every and not how.dropout else kept.new(found.heads, found.queries, found.keys)
    kept.keep(weights)
    if how.dropout:
        left = kept.dropped(weights, how.dropout)
        kept.keep(every[0] if every else left)


def _kept_apart(
    kept: "KeptTensors", found: "Attention", made: "tuple[Made, ...]", how: WeightsAsked
) -> "Saved":
    """With maps apart and keys repeated for their heads, in single steps."""
    inputs, width = kept.inputs[:STREAMS], found.heads * found.head_dim
    for read in (inputs[0], inputs[min(1, len(inputs) - 1)], inputs[-1]):
        kept.linear(read, width)
    for positions in (found.queries, found.keys, found.keys):
        kept.own(positions, width)
    _kept_scores(kept, found, made, how)
    kept.linear(kept.new(found.queries, width), width)
    return kept.saved(*made)
