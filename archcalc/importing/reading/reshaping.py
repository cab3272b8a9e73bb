"""Views: the numbers of a sample in their order, as another shape. What only moves the batch is no step."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import given, several
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of, regrouped_layout, sample_shape
from archcalc.importing.reading.nodes import SampleNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Shape
    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import GrowingSize, RecordedCall


def viewed_as(draft: "Draft", node: SampleNode, sizes: "Sequence[int | GrowingSize]") -> SampleNode:
    """The same numbers in a tensor of torch of these sizes."""
    if node.layout.axis is None and any(not isinstance(size, int) for size in sizes):
        return to_batch(draft, node, sizes)
    layout = regrouped_layout(node.shape, node.layout, sizes)
    return as_shape(draft, node, sample_shape(sizes, layout), layout)


def to_batch(draft: "Draft", node: SampleNode, sizes: "Sequence[int | GrowingSize]") -> SampleNode:
    """What is one for all samples, put beside every one."""
    layout = layout_of(sizes)
    shape = sample_shape(sizes, layout)
    if prod(shape) != prod(node.shape):
        raise Untranslated("the batch comes in a reshape")
    return as_shape(draft, node, shape, layout)


def as_shape(draft: "Draft", node: SampleNode, shape: "Shape", layout: Layout) -> SampleNode:
    """A sample as another shape, by the layer that says best what happens."""
    if shape == node.shape:
        return replace(node, layout=layout)
    kind, arguments = change(node.shape, shape)
    return draft.add(kind, node, layout=layout, arguments=arguments)


def change(shape: "Shape", goal: "Shape") -> "tuple[str, Mapping[str, object]]":
    """Which layer makes one shape of another, and its arguments."""
    if shape and goal:
        for way in (_unsqueezed, _unflattened) if len(shape) < len(goal) else (_squeezed, _flattened):
            found = way(shape, goal)
            if found:
                return found
    return "Reshape", {"shape": goal}


def _same_front(shape: "Shape", goal: "Shape") -> int:
    """How many axes are the same from the first one on."""
    pairs = enumerate(zip(shape, goal, strict=False))
    return next((axis for axis, (old, new) in pairs if old != new), min(len(shape), len(goal)))


def _unsqueezed(shape: "Shape", goal: "Shape") -> "tuple[str, Mapping[str, object]] | None":
    if len(goal) != len(shape) + 1:
        return None
    for place in range(_same_front(shape, goal), -1, -1):
        if goal[place] == 1 and goal[:place] + goal[place + 1 :] == shape:
            return "Unsqueeze", {"dim": place if place < len(goal) - 1 else -1}
    return None


def _unflattened(shape: "Shape", goal: "Shape") -> "tuple[str, Mapping[str, object]] | None":
    front = min(_same_front(shape, goal), len(shape) - 1)
    behind = len(shape) - front - 1
    sizes = goal[front : len(goal) - behind]
    if prod(sizes) != shape[front] or shape[front + 1 :] != goal[len(goal) - behind :]:
        return None
    return "Unflatten", {"dim": front + 1 if behind else -1, "unflattened_size": sizes}


def _squeezed(shape: "Shape", goal: "Shape") -> "tuple[str, Mapping[str, object]] | None":
    ones = tuple(axis for axis, size in enumerate(shape) if size == 1)
    if len(ones) != len(shape) - len(goal) or not ones or tuple(size for size in shape if size != 1) != goal:
        return None
    return "Squeeze", {"dim": ones[0] if len(ones) == 1 else ones}


def _flattened(shape: "Shape", goal: "Shape") -> "tuple[str, Mapping[str, object]] | None":
    gone = len(shape) - len(goal)
    front = min(_same_front(shape, goal), len(goal) - 1)
    end = front + gone
    if not gone or prod(shape[front : end + 1]) != goal[front] or shape[end + 1 :] != goal[front + 1 :]:
        return None
    first = {"start_dim": front + 1} if front else {}
    return "Flatten", first | ({"end_dim": end + 1} if end != len(shape) - 1 else {})


def without_axes(draft: "Draft", node: SampleNode, *axes: int) -> SampleNode:
    """A sample without some axes of size 1."""
    if not axes:
        return node
    shape = tuple(size for axis, size in enumerate(node.shape) if axis not in axes)
    if not shape:
        return draft.add("Reshape", node, arguments={"shape": ()})
    return draft.add("Squeeze", node, arguments={"dim": axes[0] if len(axes) == 1 else axes})


def by_result(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """A view whose sizes are those of what came back."""
    return viewed_as(draft, draft.node(call.args[0]), draft.value(call.result).sizes)


def _flatten(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.flatten: a Flatten, also where the axes that go have the size 1."""
    node, sizes = draft.node(call.args[0]), draft.value(call.result).sizes
    if node.layout.axis is None:
        return viewed_as(draft, node, sizes)
    layout = regrouped_layout(node.shape, node.layout, sizes)
    shape = sample_shape(sizes, layout)
    found = _flattened(node.shape, shape) if node.shape and shape else None
    if found is None:
        return as_shape(draft, node, shape, layout)
    return draft.add(found[0], node, layout=layout, arguments=found[1])


def permuted(draft: "Draft", node: SampleNode, dims: "tuple[int, ...]") -> SampleNode:
    """The axes of a tensor of torch in another order."""
    order = tuple(dim % node.rank for dim in dims)
    layout = node.layout
    if layout.axis is not None:
        layout = replace(layout, axis=order.index(layout.axis))
    axes = tuple(
        axis for axis in (node.layout.sample_axis(dim, node.rank) for dim in order) if axis is not None
    )
    moved = [place for place, axis in enumerate(axes) if place != axis]
    if not moved:
        return replace(node, layout=layout)
    if len(moved) == 2:  # noqa: PLR2004  a swap
        last = len(axes)
        first, second = (place - last if place >= last - 2 and last > 2 else place for place in moved)  # noqa: PLR2004
        if first >= 0 > second:
            second = moved[1]
        return draft.add("Transpose", node, layout=layout, arguments={"dim0": first, "dim1": second})
    return draft.add("Permute", node, layout=layout, arguments={"dims": axes})


def _permute(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.permute(...)."""
    got = given(call, "input *dims")
    return permuted(draft, draft.node(got.get("input", call.args[0])), _whole(got.get("dims")))


def _transpose(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.transpose(dim0, dim1)."""
    got = given(call, "input dim0 dim1")
    node = draft.node(got.get("input"))
    dims = got.get("dim0", got.get("axis0")), got.get("dim1", got.get("axis1"))
    first, second = (dim % node.rank for dim in _whole(dims))
    order = list(range(node.rank))
    order[first], order[second] = second, first
    return permuted(draft, node, tuple(order))


def matrix_transpose(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.t(), x.T, x.mT: the last two axes swapped; of x.T all reversed."""
    node = draft.node(call.args[0])
    order = list(range(node.rank))
    if call.op.endswith((".T", ".H")):
        order.reverse()
    elif len(order) > 1:
        order[-2], order[-1] = order[-1], order[-2]
    return permuted(draft, node, tuple(order))


def movedim(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.movedim."""
    got = given(call, "input source destination")
    node = draft.node(got.get("input"))
    sources, goals = (_whole(got.get(name)) for name in ("source", "destination"))
    sources, goals = (tuple(dim % node.rank for dim in dims) for dims in (sources, goals))
    rest = iter(axis for axis in range(node.rank) if axis not in sources)
    placed = dict(zip(goals, sources, strict=True))
    order = tuple(placed[place] if place in placed else next(rest) for place in range(node.rank))
    return permuted(draft, node, order)


def _whole(dims: object) -> tuple[int, ...]:
    written = several(dims)
    numbers = tuple(dim for dim in written if isinstance(dim, int))
    if len(numbers) != len(written):
        raise Untranslated(f"{dims} are no axes")
    return numbers


def expand(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.expand(...): axes of size 1 repeated; those that become the batch are no step."""
    return broadcast_to(draft, draft.node(call.args[0]), draft.value(call.result).sizes)


def broadcast_to(draft: "Draft", node: SampleNode, sizes: "Sequence[int | GrowingSize]") -> SampleNode:
    """A tensor broadcast to these sizes."""
    from archcalc.importing.reading.broadcasting import fitted_in

    layout = layout_of(sizes, node.layout.outer)
    if node.layout.axis is None and layout.merged:
        raise Untranslated("numbers are repeated along an axis that holds the batch and others")
    if node.layout.merged and node.layout.inside != layout.inside:
        raise Untranslated("numbers are repeated along an axis that holds the batch")
    shape = sample_shape(sizes, layout)
    ready = fitted_in(draft, node, len(sizes), layout)
    if len(ready.shape) < len(shape):
        missing = (1,) * (len(shape) - len(ready.shape))
        ready = as_shape(draft, ready, missing + ready.shape, layout)
    if ready.shape == shape:
        return SampleNode(ready.read, ready.tensor, layout)
    size = tuple(-1 if old == new else new for old, new in zip(ready.shape, shape, strict=True))
    return draft.add("Expand", ready, layout=layout, arguments={"size": size})


def rearranged(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """An operator that hands on what it reads."""
    return draft.node(call.args[0])


TABLE: "Mapping[str, Translator]" = {
    **dict.fromkeys(
        ("view", "reshape", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "ravel"),
        by_result,
    ),
    "flatten": _flatten,
    "permute": _permute,
    "transpose": _transpose,
    "swapaxes": _transpose,
    "swapdims": _transpose,
    **dict.fromkeys(("t", "adjoint", "T", "mT", "H", "mH"), matrix_transpose),
    "movedim": movedim,
    "moveaxis": movedim,
    "expand": expand,
    "expand_as": expand,
    "broadcast_to": expand,
    **dict.fromkeys(
        ("contiguous", "clone", "alias", "cpu", "cuda", "requires_grad", "positive", "lift_fresh"),
        rearranged,
    ),
}
