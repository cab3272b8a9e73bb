"""What may mend a layer that refuses what it reads: proposals, of which the engine tells those that prove to.

A proposal may be generous: what does not cure is never told. The order is that in which they are told.
"""

from itertools import chain
from typing import TYPE_CHECKING

from archcalc.cures.proposals.axes import joined_inputs, other_axes
from archcalc.cures.proposals.batch import counted_without_batch
from archcalc.cures.proposals.elements import other_elements
from archcalc.cures.proposals.merges import (
    cut_inputs,
    even_inputs,
    misread_inputs,
    other_axis,
    other_ranks,
    resampled_inputs,
    turned_factors,
    turned_inputs,
)
from archcalc.cures.proposals.resizing import fitting_inputs, larger_inputs
from archcalc.cures.proposals.same import strided_same
from archcalc.cures.proposals.shortcuts import named_projections, projections
from archcalc.cures.proposals.sizes import other_sizes
from archcalc.cures.proposals.values import (
    dividing_channels,
    dividing_groups,
    near_values,
    other_dtype,
    shuffled_channels,
    single_position,
)
from archcalc.cures.proposals.ways import other_ways
from archcalc.cures.proposals.windows import fitting_window, misread_image
from archcalc.errors import Fault, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.cures.changes import Cure
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

    Proposing = Callable[[Context, Refused], Iterator[Cure]]

PROPOSING: "tuple[Proposing, ...]" = (
    strided_same,
    other_sizes,
    other_elements,
    counted_without_batch,
    other_axis,
    other_ranks,
    misread_inputs,
    even_inputs,
    projections,
    turned_inputs,
    turned_factors,
    other_ways,
    named_projections,
    cut_inputs,
    resampled_inputs,
    misread_image,
    larger_inputs,
    fitting_window,
    fitting_inputs,
    other_axes,
    joined_inputs,
    dividing_channels,
    dividing_groups,
    shuffled_channels,
    near_values,
    other_dtype,
    single_position,
)
"""Each is asked for every layer that refuses what it reads, the closest first."""
MAX_INPUTS = 16
"""Inputs of a layer for which anything is proposed."""


def proposed(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Cures that may mend a layer, the closest first; ``context`` has what could be traced.

    All of them look at what it reads, so that there is none for a layer that reads nothing.
    """
    if not 0 < len(refused.inputs) <= MAX_INPUTS:
        return iter(())
    return chain.from_iterable(_sound(proposing, context, refused) for proposing in PROPOSING)


def _sound(proposing: "Proposing", context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """What is proposed, up to where arguments are met that are no sound ones, or an analysis refuses."""
    try:
        yield from proposing(context, refused)
    except (Fault, SpecError):
        return
