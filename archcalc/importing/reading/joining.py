"""Tensors put together along an axis, and cut apart."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import fitted_in
from archcalc.importing.reading.calls import given
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of, sample_shape
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.reshaping import as_shape, without_axes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import GrowingSize, RecordedArgument, RecordedCall


def _joined(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.cat."""
    got = given(call, "tensors dim")
    tensors = got.get("tensors")
    if not isinstance(tensors, tuple):
        raise Untranslated("cat without a list of tensors")
    dim = got.get("dim", got.get("axis", 0))
    full = [each for each in tensors if 0 not in draft.value(each).sizes]
    nodes = [draft.node(each) for each in full]
    if len(nodes) == 1:
        return nodes[0]
    sizes = draft.value(call.result).sizes
    rank = len(sizes)
    batched = next((node for node in nodes if node.layout.axis is not None), nodes[0])
    if isinstance(dim, int) and batched.layout.axis == dim % rank:
        return _joined_batches(draft, nodes, sizes)
    layout = layout_of(sizes, batched.layout.outer)
    ready = [fitted_in(draft, node, rank, layout) for node in nodes]
    axis = SampleNode(batched.read, batched.tensor, layout).axis(dim)
    return draft.add(
        "Concat", *ready, layout=layout, arguments={"dim": _from_end(axis, dim, len(ready[0].shape))}
    )


def _joined_batches(
    draft: "Draft", nodes: "list[SampleNode]", sizes: "Sequence[int | GrowingSize]"
) -> SampleNode:
    """Batches one behind the other: an axis before the sample's others, of which each is a part."""
    if any(not node.layout.alone or node.layout.axis != 0 for node in nodes):
        raise Untranslated("batches that are merged with other axes are joined")
    return draft.add("Stack", *nodes, layout=layout_of(sizes, len(nodes)))


def _from_end(axis: int, written: object, axes: int) -> int:
    """The axis counted from the end, where torch was told it so."""
    return axis - axes if isinstance(written, int) and written < 0 else axis


def _stacked(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.stack."""
    got = given(call, "tensors dim")
    tensors = got.get("tensors")
    if not isinstance(tensors, tuple):
        raise Untranslated("stack without a list of tensors")
    sizes = draft.value(call.result).sizes
    dim = got.integer("dim", 0) % len(sizes)
    nodes = [draft.node(each) for each in tensors]
    batched = next((node for node in nodes if node.layout.axis is not None), nodes[0])
    layout = layout_of(sizes, batched.layout.outer)
    without = Layout(
        None if layout.axis is None else layout.axis - (layout.axis > dim), layout.inside, layout.outer
    )
    ready = [fitted_in(draft, node, len(sizes) - 1, without) for node in nodes]
    place = layout.sample_axis(dim, len(sizes))
    if len(ready) == 1:
        shape = ready[0].shape
        return as_shape(draft, ready[0], (*shape[:place], 1, *shape[place:]), layout)
    return draft.add("Stack", *ready, layout=layout, arguments={"dim": place})


def chunked(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.chunk(n, dim)."""
    got = given(call, "input chunks dim")
    node = draft.node(got.get("input"))
    dim = got.get("dim", 0)
    parts = results(call)
    if node.layout.axis is not None and isinstance(dim, int) and dim % node.rank == node.layout.axis:
        return _batches_apart(draft, call, node)
    return _parts(
        draft, call, node, "Chunk", len(parts), {"chunks": got.get("chunks"), "dim": node.axis(dim)}
    )


def _batches_apart(draft: "Draft", call: "RecordedCall", node: SampleNode) -> "Nodes":
    """Batches that were joined, each by itself again."""
    parts = results(call)
    if node.layout.axis != 0 or node.layout.outer != len(parts) or node.layout.inside != len(parts):
        raise Untranslated("it cuts the batch")
    return tuple(
        draft.add(
            "Select", node, layout=layout_of(draft.value(part).sizes), arguments={"dim": 0, "index": index}
        )
        for index, part in enumerate(parts)
    )


def _split(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.split(sizes, dim)."""
    got = given(call, "tensor split_size_or_sections dim")
    node = draft.node(got.get("tensor", call.args[0]))
    size = got.get("split_size_or_sections", got.get("split_size", got.get("split_sizes")))
    dim = got.get("dim", 0)
    if "tensor_split" in call.op:
        dim = got.get("dim", call.args[2] if len(call.args) > 2 else 0)  # noqa: PLR2004  behind the sections
    if node.layout.axis is not None and isinstance(dim, int) and dim % node.rank == node.layout.axis:
        return _batches_apart(draft, call, node)
    parts = results(call)
    if "tensor_split" in call.op:
        axis = node.axis(dim)
        size = tuple(sample_shape(draft.value(part).sizes, node.layout)[axis] for part in parts)
    return _parts(
        draft, call, node, "Split", len(parts), {"split_size_or_sections": size, "dim": node.axis(dim)}
    )


def _parts(
    draft: "Draft",
    call: "RecordedCall",
    node: SampleNode,
    kind: str,
    count: int,
    arguments: "Mapping[str, object]",
) -> "Nodes":
    if count == 1:
        return (node,)
    del call
    facts, _ = draft.facts(kind, arguments, (node,), 0)
    draft.add(kind, node, arguments=arguments)
    return tuple(draft.output(facts, str(index), node.layout) for index in range(count))


def results(call: "RecordedCall") -> "tuple[RecordedArgument, ...]":
    """The tensors that came back in a tuple."""
    return call.result if isinstance(call.result, tuple) else (call.result,)


def unbound(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.unbind(dim)."""
    got = given(call, "input dim")
    node = draft.node(got.get("input"))
    dim = got.integer("dim", 0)
    axis = node.axis(dim)
    parts = results(call)
    layout = layout_of(draft.value(parts[0]).sizes, node.layout.outer)
    if len(parts) == 1:
        return (squeezed_to(draft, node, axis, layout),)
    facts, _ = draft.facts("Unbind", {"dim": axis}, (node,), 0)
    draft.add("Unbind", node, arguments={"dim": axis})
    return tuple(draft.output(facts, str(index), layout) for index in range(len(parts)))


def squeezed_to(draft: "Draft", node: SampleNode, axis: int, layout: Layout) -> SampleNode:
    """Without an axis of size 1, in the layout that torch's tensor has then."""
    found = without_axes(draft, node, axis)
    return SampleNode(found.read, found.tensor, layout)


TABLE: "Mapping[str, Translator]" = {
    "cat": _joined,
    "concat": _joined,
    "concatenate": _joined,
    "stack": _stacked,
    "chunk": chunked,
    "tensor_split": _split,
    "split": _split,
    "split_with_sizes": _split,
    "unbind": unbound,
}
