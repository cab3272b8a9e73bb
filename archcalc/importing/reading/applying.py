"""Layers that take a batch of samples of a fixed number of axes: over merged batches they are mapped."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archcalc.importing.reading.kinds import NO_ARGUMENTS
from archcalc.importing.reading.layouts import FIRST, UNBATCHED, Layout, Untranslated
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.reshaping import as_shape, without_axes

if TYPE_CHECKING:
    from archcalc.importing.program import Step
    from archcalc.importing.reading.draft import Draft


def applied(
    draft: "Draft",
    kind: str,
    *nodes: SampleNode,
    under: "Step | None" = None,
    output: str = "",
    batch: int = 0,
    arguments: Mapping[str, object] = NO_ARGUMENTS,
) -> SampleNode:
    """A layer applied to a batch, whatever torch's batch consists of.

    Args:
        draft: where its steps go.
        kind: of the layer.
        nodes: what it reads; the first one decides.
        under: its name and so on.
        output: the one that is wanted.
        batch: the axis that torch takes for the batch.
        arguments: of the kind.
    """
    layout = nodes[0].layout
    if layout.axis is None:
        return _on_one(draft, kind, nodes, under, arguments)
    if layout.alone and layout.axis == batch:
        return draft.add(kind, *nodes, layout=layout, under=under, output=output, arguments=arguments)
    if layout.merged and layout.axis == batch == 0:
        return draft.add(
            kind, *nodes, layout=layout, under=under, output=output, mapped=1, arguments=arguments
        )
    raise Untranslated(f"{kind} takes another axis than the batch's for the batch")


def _on_one(
    draft: "Draft",
    kind: str,
    nodes: "tuple[SampleNode, ...]",
    under: "Step | None",
    arguments: Mapping[str, object],
) -> SampleNode:
    """A layer on what is one for all samples: the batch of 1 is taken away and put back."""
    if any(node.layout.axis is not None for node in nodes[1:]) or any(
        node.shape[:1] != (1,) for node in nodes
    ):
        raise Untranslated(f"{kind} of a batch that does not grow")
    found = draft.add(
        kind,
        *(without_axes(draft, node, 0) for node in nodes),
        layout=FIRST,
        under=under,
        arguments=arguments,
    )
    return as_shape(draft, found, (1, *found.shape), UNBATCHED)


def same_layout(*nodes: SampleNode) -> Layout:
    """The layout that several tensors have.

    Raises:
        Untranslated: they differ.
    """
    first = nodes[0].layout
    if any(node.layout not in (first, UNBATCHED) for node in nodes):
        raise Untranslated("the batch stands at different axes")
    return first
