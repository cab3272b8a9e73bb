"""The first layers of a network, whose runs stay as they are, and the first turns of its runs."""

from itertools import chain
from typing import TYPE_CHECKING

from archcalc.tracing.records import TracedLayer
from archcalc.tracing.runs import Run, layers_of, parts_of, runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def first_of(layers: "Sequence[TracedLayer]", number: int) -> "Sequence[TracedLayer]":
    """So many layers from the first one on; runs among them stay as they are."""
    parts, left = list[TracedLayer | Run](), number
    for part in parts_of(layers):
        left -= 1 if isinstance(part, TracedLayer) else len(part)
        if left < 0:
            break
        parts.append(part)
    return layers if len(parts) == len(parts_of(layers)) else layers_of(parts, runs_of(layers))


def first_of_runs(layers: "Sequence[TracedLayer]", turns: int) -> "Iterator[TracedLayer]":
    """The layers, of runs those of so many turns alone, the first ones."""
    for part in parts_of(layers):
        if isinstance(part, Run):
            yield from chain.from_iterable(map(part.turn, part.turns[:turns]))
        else:
            yield part
