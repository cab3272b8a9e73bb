"""Calls that move, repeat, cut and join numbers along axes."""

from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import fitted
from archcalc.importing.reading.calls import given
from archcalc.importing.reading.layouts import Layout, Untranslated, laid_out, sample_shape
from archcalc.importing.reading.nodes import Node
from archcalc.importing.reading.reshaping import as_shape, reshaped, squeezed
from archcalc.importing.recording import Growing, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import Argument, Call


def joined(draft: "Draft", call: "Call") -> "Nodes":
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
    layout = laid_out(sizes, batched.layout.outer)
    ready = [fitted(draft, node, rank, layout) for node in nodes]
    axis = Node(batched.read, batched.tensor, layout).axis(dim)
    return draft.add("Concat", *ready, layout=layout, dim=_from_end(axis, dim, len(ready[0].shape)))


def _joined_batches(draft: "Draft", nodes: "list[Node]", sizes: "Sequence[int | Growing]") -> Node:
    """Batches one behind the other: an axis before the sample's others, of which each is a part."""
    if any(not node.layout.alone or node.layout.axis != 0 for node in nodes):
        raise Untranslated("batches that are merged with other axes are joined")
    return draft.add("Stack", *nodes, layout=laid_out(sizes, len(nodes)))


def _from_end(axis: int, written: object, axes: int) -> int:
    """The axis counted from the end, where torch was told it so."""
    return axis - axes if isinstance(written, int) and written < 0 else axis


def stacked(draft: "Draft", call: "Call") -> "Nodes":
    """torch.stack."""
    got = given(call, "tensors dim")
    tensors = got.get("tensors")
    if not isinstance(tensors, tuple):
        raise Untranslated("stack without a list of tensors")
    sizes = draft.value(call.result).sizes
    dim = got.integer("dim", 0) % len(sizes)
    nodes = [draft.node(each) for each in tensors]
    batched = next((node for node in nodes if node.layout.axis is not None), nodes[0])
    layout = laid_out(sizes, batched.layout.outer)
    without = Layout(
        None if layout.axis is None else layout.axis - (layout.axis > dim), layout.inside, layout.outer
    )
    ready = [fitted(draft, node, len(sizes) - 1, without) for node in nodes]
    place = layout.sample_axis(dim, len(sizes))
    if len(ready) == 1:
        shape = ready[0].shape
        return as_shape(draft, ready[0], (*shape[:place], 1, *shape[place:]), layout)
    return draft.add("Stack", *ready, layout=layout, dim=place)


def chunked(draft: "Draft", call: "Call") -> "Nodes":
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


def _batches_apart(draft: "Draft", call: "Call", node: Node) -> "Nodes":
    """Batches that were joined, each by itself again."""
    parts = results(call)
    if node.layout.axis != 0 or node.layout.outer != len(parts) or node.layout.inside != len(parts):
        raise Untranslated("it cuts the batch")
    return tuple(
        draft.add("Select", node, layout=laid_out(draft.value(part).sizes), dim=0, index=index)
        for index, part in enumerate(parts)
    )


def split(draft: "Draft", call: "Call") -> "Nodes":
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
    draft: "Draft", call: "Call", node: Node, kind: str, count: int, arguments: "Mapping[str, object]"
) -> "Nodes":
    if count == 1:
        return (node,)
    del call
    facts, _ = draft.facts(kind, arguments, (node,), 0)
    draft.add(kind, node, **arguments)
    return tuple(draft.output(facts, str(index), node.layout) for index in range(count))


def results(call: "Call") -> "tuple[Argument, ...]":
    """The tensors that came back in a tuple."""
    return call.result if isinstance(call.result, tuple) else (call.result,)


def unbound(draft: "Draft", call: "Call") -> "Nodes":
    """x.unbind(dim)."""
    got = given(call, "input dim")
    node = draft.node(got.get("input"))
    dim = got.integer("dim", 0)
    axis = node.axis(dim)
    parts = results(call)
    layout = laid_out(draft.value(parts[0]).sizes, node.layout.outer)
    if len(parts) == 1:
        return (squeezed_to(draft, node, axis, layout),)
    facts, _ = draft.facts("Unbind", {"dim": axis}, (node,), 0)
    draft.add("Unbind", node, dim=axis)
    return tuple(draft.output(facts, str(index), layout) for index in range(len(parts)))


def squeezed_to(draft: "Draft", node: Node, axis: int, layout: Layout) -> Node:
    """Without an axis of size 1, in the layout that torch's tensor has then."""
    found = squeezed(draft, node, axis)
    return Node(found.read, found.tensor, layout)


def rolled(draft: "Draft", call: "Call") -> "Nodes":
    """torch.roll."""
    got = given(call, "input shifts dims")
    node = draft.node(got.get("input"))
    if "dims" not in got or got.get("dims") == ():
        raise Untranslated("a roll of the flattened tensor")
    dims = node.axes(got.get("dims"))
    shifts = got.get("shifts")
    return draft.add("Roll", node, shifts=_one(shifts), dim=_one(dims))


def _one(several: object) -> object:
    """A single one without its tuple."""
    return several[0] if isinstance(several, tuple) and len(several) == 1 else several  # type: ignore[unused-ignore]  # any item


def repeated(draft: "Draft", call: "Call") -> "Nodes":
    """x.repeat(...): the whole tensor several times along its axes."""
    got = given(call, "input *repeats")
    node = draft.node(got.get("input", call.args[0]))
    repeats = got.get("repeats")
    several = repeats if isinstance(repeats, tuple) else (repeats,)
    sizes = draft.value(call.result).sizes
    several = (1,) * (node.rank - len(several)) + several
    return tiled(draft, node, several, sizes)


def tiled(
    draft: "Draft", node: Node, repeats: "Sequence[Argument]", sizes: "Sequence[int | Growing]"
) -> Node:
    """A tensor put side by side along its axes."""
    missing = len(repeats) - node.rank
    layout = laid_out(sizes, node.layout.outer)
    if any(isinstance(times, Growing) for times in repeats):
        place = next(axis for axis, times in enumerate(repeats) if isinstance(times, Growing))
        times = repeats[place]
        old = node.shape[place - missing] if place >= missing else 1
        if node.layout.axis is not None or not isinstance(times, Growing) or times.offset or times.slope != 1:
            raise Untranslated("the batch is repeated")
        if old != 1:
            # (k) repeated B times: (B, k) as one axis.
            layout = Layout(place, old, 1)
            repeats = tuple(1 if axis == place else each for axis, each in enumerate(repeats))
        else:
            node = fitted(draft, node, len(sizes), layout)
            repeats = tuple(each for axis, each in enumerate(repeats) if axis != place)
            return _tiled(draft, node, repeats, layout)
    elif node.layout.axis is not None and repeats[node.layout.axis + missing] != 1:
        raise Untranslated("the batch is repeated")
    if layout.alone and node.layout.axis is not None:
        repeats = tuple(each for axis, each in enumerate(repeats) if axis != layout.axis)
    return _tiled(draft, node, repeats, layout)


def _tiled(draft: "Draft", node: Node, repeats: "Sequence[Argument]", layout: Layout) -> Node:
    missing = len(repeats) - len(node.shape)
    ready = as_shape(draft, node, (1,) * missing + node.shape, layout) if missing else node
    if all(times == 1 for times in repeats):
        return Node(ready.read, ready.tensor, layout)
    return draft.add("Repeat", ready, layout=layout, repeats=tuple(repeats))


def interleaved(draft: "Draft", call: "Call") -> "Nodes":
    """torch.repeat_interleave with a number."""
    got = given(call, "input repeats dim")
    node = draft.node(got.get("input"))
    times = got.get("repeats")
    if isinstance(times, Ref | Growing) or times is None:
        raise Untranslated("repeat_interleave by a tensor")
    if times == 1:
        return node
    dim = got.integer("dim", None)
    sizes = draft.value(call.result).sizes
    if node.layout.axis is not None and dim % node.rank == node.layout.axis:
        if not node.layout.alone or not isinstance(times, int):
            raise Untranslated("it repeats an axis that holds the batch and others")
        layout = Layout(node.layout.axis, times, 1)
        shape = node.shape
        wide = as_shape(draft, node, (*shape[: layout.axis], 1, *shape[layout.axis :]), layout)
        size = tuple(times if axis == layout.axis else -1 for axis in range(len(wide.shape)))
        return draft.add("Expand", wide, layout=layout, size=size)
    layout = laid_out(sizes, node.layout.outer)
    return draft.add("RepeatInterleave", node, layout=layout, repeats=times, dim=node.axis(dim))


def flipped(draft: "Draft", call: "Call") -> "Nodes":
    """torch.flip."""
    got = given(call, "input *dims")
    node = draft.node(got.get("input"))
    return draft.add("Flip", node, dim=_one(node.axes(got.get("dims"))))


def padded(draft: "Draft", call: "Call") -> "Nodes":
    """F.pad."""
    got = given(call, "input pad mode value")
    node = draft.node(got.get("input"))
    pad = got.get("pad")
    if not isinstance(pad, tuple) or any(isinstance(side, Growing) for side in pad):
        raise Untranslated("a pad that depends on the batch")
    if not any(pad):
        return node
    count = len(pad) // 2
    sides = {node.rank - 1 - i: (pad[2 * i], pad[2 * i + 1]) for i in range(count)}
    if node.layout.axis is not None and any(sides.get(node.layout.axis, (0, 0))):
        raise Untranslated("it pads an axis that holds the batch")
    kept = [
        side
        for axis in range(node.rank - 1, -1, -1)
        if axis in sides and node.layout.sample_axis(axis, node.rank) is not None
        for side in sides[axis]
    ]
    while len(kept) > 2 and not any(kept[-2:]):  # noqa: PLR2004  of the outermost axis
        del kept[-2:]
    mode = got.get("mode", "constant")
    value = got.get("value")
    extra = {"value": float(value)} if isinstance(value, int | float) and value else {}
    return draft.add("Pad", node, pad=tuple(kept), mode=mode, **extra)


def unfolded_axis(draft: "Draft", call: "Call") -> "Nodes":
    """x.unfold(dimension, size, step); of torch.nn.functional it is another function."""
    if "functional" in call.op or "kernel_size" in call.kwargs or len(call.args) == 2:  # noqa: PLR2004
        return unfolded(draft, call)
    got = given(call, "input dimension size step")
    node = draft.node(got.get("input"))
    arguments = {key: got.get(key) for key in ("size", "step")}
    layout = laid_out(draft.value(call.result).sizes, node.layout.outer)
    return draft.add(
        "UnfoldAxis", node, layout=layout, dimension=node.axis(got.get("dimension")), **arguments
    )


def unfolded(draft: "Draft", call: "Call") -> "Nodes":
    """F.unfold."""
    return _folding(draft, call, "Unfold", "input kernel_size dilation padding stride")


def folded(draft: "Draft", call: "Call") -> "Nodes":
    """F.fold."""
    return _folding(draft, call, "Fold", "input output_size kernel_size dilation padding stride")


def _folding(draft: "Draft", call: "Call", kind: str, signature: str) -> "Nodes":
    from archcalc.importing.reading.applying import applied

    got = given(call, signature)
    arguments = {key: got.get(key) for key in signature.split()[1:] if key in got}
    return applied(draft, kind, draft.node(got.get("input")), **arguments)


def triangle(kind: str) -> "Translator":
    """torch.tril, torch.triu."""

    def translate(draft: "Draft", call: "Call") -> "Nodes":
        got = given(call, "input diagonal")
        return draft.add(kind, draft.node(got.get("input")), diagonal=got.get("diagonal", 0))

    return translate


def shuffled(kind: str, key: str) -> "Translator":
    """F.pixel_shuffle and the like."""

    def translate(draft: "Draft", call: "Call") -> "Nodes":
        from archcalc.importing.reading.applying import applied

        got = given(call, f"input {key}")
        return applied(draft, kind, draft.node(got.get("input")), **{key: got.get(key)})

    return translate


def view_of_parts(draft: "Draft", call: "Call") -> "Nodes":
    """torch.flatten of what is one for all samples and the like: a plain reshape."""
    return reshaped(draft, draft.node(call.args[0]), draft.value(call.result).sizes)


TABLE: "Mapping[str, Translator]" = {
    "cat": joined,
    "concat": joined,
    "concatenate": joined,
    "stack": stacked,
    "chunk": chunked,
    "tensor_split": split,
    "split": split,
    "split_with_sizes": split,
    "unbind": unbound,
    "roll": rolled,
    "repeat": repeated,
    "tile": repeated,
    "repeat_interleave": interleaved,
    "flip": flipped,
    "pad": padded,
    "unfold": unfolded_axis,
    "fold": folded,
    "tril": triangle("Tril"),
    "triu": triangle("Triu"),
    "pixel_shuffle": shuffled("PixelShuffle", "upscale_factor"),
    "pixel_unshuffle": shuffled("PixelUnshuffle", "downscale_factor"),
    "channel_shuffle": shuffled("ChannelShuffle", "groups"),
    "atleast_2d": view_of_parts,
}
