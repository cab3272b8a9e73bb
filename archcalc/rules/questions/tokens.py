"""What attention reads: whether its positions are an order at all, and whether anything tells it."""

from typing import TYPE_CHECKING

from archcalc.facts import Window
from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.functions import drops, regroups
from archcalc.rules.questions.goal import has_task
from archcalc.rules.questions.maps import has_kernels, is_map
from archcalc.rules.questions.neighbours import way_before
from archcalc.rules.questions.vocabulary import is_table, looks_up

if TYPE_CHECKING:
    from collections.abc import Iterable

UNORDERED = (
    *("set", "point", "recommend", "click", "tabular", "retriev", "multiple_instance"),
    *("graph", "node", "link", "molecul"),
)
"""Words in tasks whose tokens may be a set: points, items, columns of a table."""


def ordered_source(context: Context, layer: TracedLayer) -> str | None:
    """What an attention layer attends to, where that has an order which the numbers do not tell.

    ``tokens`` that a table has looked up, or ``patches`` that a convolution has cut out; None where it may be
    a set (numbers per element arrive as they are), or where something may tell the order all the same.
    """
    before = context.trace.above(layer.inputs)
    positions = layer.inputs[0].tensor.shape[-2]
    if has_task(context, *UNORDERED) or _several_inputs(context, before, positions):
        return None
    if any(_tells_places(context, each, positions) for each in before):
        return None
    if any(map(looks_up, before)):
        return "tokens"
    return "patches" if any(map(_cuts, before)) else None


def _cuts(layer: TracedLayer) -> bool:
    """Whether it is a convolution that reads several positions at a time."""
    reaches = (read.reach for read in layer.facts.first_reads)
    return has_kernels(layer) and any(isinstance(reach, Window) and reach.kernel > 1 for reach in reaches)


def _several_inputs(context: Context, before: "Iterable[TracedLayer]", positions: int) -> bool:
    """Whether more than one input can hold positions: a table with fewer rows than these cannot."""
    telling: set[str] = set()
    for layer in before:
        small = is_table(layer) and layer.facts.weights[layer.facts.lookups[0]][0] < positions
        if not small:
            telling.update(port.layer for port in layer.inputs if port.layer in context.trace.inputs)
    return len(telling) > 1


def _tells_places(context: Context, layer: TracedLayer, positions: int) -> bool:
    """Whether it has a weight per position: a map over the positions, a norm whose channels they are.

    What is one for all samples and has the positions (a table of them, looked up or not) may tell them.
    """
    if not layer.output.batched:
        return positions in layer.output.shape
    shape = layer.inputs[0].tensor.shape
    if is_map(layer) and not has_kernels(layer):
        moved, _ = way_before(context, layer.inputs[0], lambda each: regroups(each) or drops(each))
        return shape[-1:] == (positions,) and any(map(_turns, moved))
    if is_table(layer) or has_kernels(layer) or shape[-1:] == (positions,):
        return False
    return any(positions in weight for weight in layer.facts.weights.values())


def _turns(layer: TracedLayer) -> bool:
    """Whether it gives the axes another order."""
    places = [read.to for read in layer.facts.first_reads if read.to is not None]
    return places != sorted(places)
