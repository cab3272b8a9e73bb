"""Merges number by number: inputs brought to axes that fit, as torch pairs them from the last axis on."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.kinds import NO_ARGUMENTS
from archcalc.importing.reading.layouts import FIRST, Layout, Untranslated, layout_of
from archcalc.importing.reading.reshaping import as_shape, without_axes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft
    from archcalc.importing.reading.nodes import SampleNode
    from archcalc.importing.recording import RecordedCall


def merged_by(
    draft: "Draft",
    call: "RecordedCall",
    kind: str,
    *nodes: "SampleNode",
    full: bool = True,
    arguments: "Mapping[str, object]" = NO_ARGUMENTS,
) -> "SampleNode":
    """A merge of several tensors.

    Args:
        draft: where its steps go.
        call: whose result has the axes of the merge.
        kind: the merge.
        nodes: what it joins.
        full: its result is the call's; False: only as wide as what it joins.
        arguments: of the kind.
    """
    rank = len(draft.value(call.result).sizes) if full else max(node.rank for node in nodes)
    layout = joint_layout(draft, call, nodes) if full else common_layout(rank, nodes)
    ready = [fitted_in(draft, node, rank, layout) for node in nodes]
    return draft.add(kind, *ready, layout=layout, arguments=arguments)


def joint_layout(draft: "Draft", call: "RecordedCall", nodes: "tuple[SampleNode, ...]") -> Layout:
    """The layout of a merge whose result is the call's."""
    outer = next((node.layout.outer for node in nodes if node.layout.merged), 1)
    return layout_of(draft.value(call.result).sizes, outer)


def common_layout(rank: int, nodes: "tuple[SampleNode, ...]") -> Layout:
    """The layout of a merge of so many axes, by its inputs alone."""
    for node in nodes:
        if node.layout.axis is not None:
            return Layout(node.layout.axis + rank - node.rank, node.layout.inside, node.layout.outer)
    return Layout()


def fitted_in(draft: "Draft", node: "SampleNode", rank: int, layout: Layout) -> "SampleNode":
    """An input of a merge with the axes of its samples where those of the result are."""
    added = rank - node.rank
    axis = node.layout.axis
    batched = axis is not None
    if axis is not None and axis + added != layout.axis:
        raise Untranslated("the batch stands at different axes")
    if batched and (node.layout.inside, node.layout.outer) != (layout.inside, layout.outer):
        raise Untranslated("the batch is merged with different axes")
    if not batched and layout.alone and layout.axis is not None and layout.axis >= added:
        # This axis of size 1 meets the batch, which a sample lacks.
        place = layout.axis - added
        if node.shape[place] != 1:
            raise Untranslated(f"{node.shape[place]} numbers meet the batch")
        return without_axes(draft, node, place)
    if batched and added:
        # A sample with fewer axes than the others gets those that are missing in front.
        missing = rank - layout.alone - len(node.shape)
        return as_shape(draft, node, (1,) * missing + node.shape, FIRST)
    return node
