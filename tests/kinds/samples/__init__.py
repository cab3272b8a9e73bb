"""Random arguments and inputs for every layer kind, a file a family."""

from typing import TYPE_CHECKING

from archcalc.layers.registry import KINDS
from tests.kinds.samples import (
    activation,
    attention,
    convolution,
    cropping,
    dropout,
    elementwise,
    embedding,
    folding,
    functional,
    graph,
    indexing,
    linear,
    masking,
    merging,
    normalization,
    opaque,
    padding,
    pooling,
    positional,
    recurrent,
    repeating,
    resampling,
    reshaping,
    sampling,
    shuffling,
    sources,
    state_space,
    unpooling,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tests.kinds.drawing import Sample

SAMPLES: "dict[str, SearchStrategy[Sample]]" = {
    **convolution.SAMPLES,
    **padding.SAMPLES,
    **cropping.SAMPLES,
    **resampling.SAMPLES,
    **shuffling.SAMPLES,
    **folding.SAMPLES,
    **unpooling.SAMPLES,
    **linear.SAMPLES,
    **embedding.SAMPLES,
    **recurrent.SAMPLES,
    **normalization.SAMPLES,
    **pooling.SAMPLES,
    **activation.SAMPLES,
    **dropout.SAMPLES,
    **reshaping.SAMPLES,
    **merging.SAMPLES,
    **repeating.SAMPLES,
    **indexing.SAMPLES,
    **attention.SAMPLES,
    **positional.SAMPLES,
    **graph.SAMPLES,
    **state_space.SAMPLES,
    **sampling.SAMPLES,
    **masking.SAMPLES,
    **sources.SAMPLES,
    **elementwise.SAMPLES,
    **opaque.SAMPLES,
    **functional.SAMPLES,
}
assert SAMPLES.keys() == KINDS.keys(), (
    f"every kind has a strategy in this folder, and no other: {sorted(SAMPLES.keys() ^ KINDS.keys())}"
)
