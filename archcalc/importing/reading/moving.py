"""Calls that move, repeat, cut and join numbers along axes."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import fitted_in
from archcalc.importing.reading.calls import given, several
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.reshaping import as_shape, viewed_as
from archcalc.importing.recording import GrowingSize, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import RecordedArgument, RecordedCall


def rolled(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.roll."""
    got = given(call, "input shifts dims")
    node = draft.node(got.get("input"))
    if "dims" not in got or got.get("dims") == ():
        raise Untranslated("a roll of the flattened tensor")
    dims = node.axes(got.get("dims"))
    shifts = got.get("shifts")
    return draft.add("Roll", node, arguments={"shifts": _one(shifts), "dim": _one(dims)})


def _one(written: object) -> object:
    """A single one without its tuple."""
    items = several(written)
    return items[0] if len(items) == 1 else items


def _repeated(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.repeat(...): the whole tensor several times along its axes."""
    got = given(call, "input *repeats")
    node = draft.node(got.get("input", call.args[0]))
    repeats = got.get("repeats")
    times = repeats if isinstance(repeats, tuple) else (repeats,)
    sizes = draft.value(call.result).sizes
    return tiled(draft, node, (1,) * (node.rank - len(times)) + times, sizes)


def tiled(
    draft: "Draft",
    node: SampleNode,
    repeats: "Sequence[RecordedArgument]",
    sizes: "Sequence[int | GrowingSize]",
) -> SampleNode:
    """A tensor put side by side along its axes."""
    missing = len(repeats) - node.rank
    layout = layout_of(sizes, node.layout.outer)
    if any(isinstance(times, GrowingSize) for times in repeats):
        place = next(axis for axis, times in enumerate(repeats) if isinstance(times, GrowingSize))
        times = repeats[place]
        old = node.shape[place - missing] if place >= missing else 1
        if (
            node.layout.axis is not None
            or not isinstance(times, GrowingSize)
            or times.offset
            or times.slope != 1
        ):
            raise Untranslated("the batch is repeated")
        if old != 1:
            # (k) repeated B times: (B, k) as one axis.
            layout = Layout(place, old, 1)
            repeats = tuple(1 if axis == place else each for axis, each in enumerate(repeats))
        else:
            node = fitted_in(draft, node, len(sizes), layout)
            repeats = tuple(each for axis, each in enumerate(repeats) if axis != place)
            return _tiled(draft, node, repeats, layout)
    elif node.layout.axis is not None and repeats[node.layout.axis + missing] != 1:
        raise Untranslated("the batch is repeated")
    if layout.alone and node.layout.axis is not None:
        repeats = tuple(each for axis, each in enumerate(repeats) if axis != layout.axis)
    return _tiled(draft, node, repeats, layout)


def _tiled(
    draft: "Draft", node: SampleNode, repeats: "Sequence[RecordedArgument]", layout: Layout
) -> SampleNode:
    missing = len(repeats) - len(node.shape)
    ready = as_shape(draft, node, (1,) * missing + node.shape, layout) if missing else node
    if all(times == 1 for times in repeats):
        return SampleNode(ready.read, ready.tensor, layout)
    return draft.add("Repeat", ready, layout=layout, arguments={"repeats": tuple(repeats)})


def interleaved(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.repeat_interleave with a number."""
    got = given(call, "input repeats dim")
    node = draft.node(got.get("input"))
    times = got.get("repeats")
    if isinstance(times, Ref | GrowingSize) or times is None:
        raise Untranslated("repeat_interleave by a tensor")
    if times == 1:
        return node
    dim = got.integer("dim", None)
    sizes = draft.value(call.result).sizes
    if node.layout.axis is not None and dim % node.rank == node.layout.axis:
        if not isinstance(times, int):
            raise Untranslated("it repeats the batch so often as a tensor says")
        if node.layout.merged:
            layout = replace(node.layout, inside=node.layout.inside * times)
            return draft.add(
                "RepeatInterleave", node, layout=layout, arguments={"repeats": times, "dim": node.layout.axis}
            )
        layout = Layout(node.layout.axis, times, 1)
        shape = node.shape
        wide = as_shape(draft, node, (*shape[: layout.axis], 1, *shape[layout.axis :]), layout)
        size = tuple(times if axis == layout.axis else -1 for axis in range(len(wide.shape)))
        return draft.add("Expand", wide, layout=layout, arguments={"size": size})
    layout = layout_of(sizes, node.layout.outer)
    return draft.add(
        "RepeatInterleave", node, layout=layout, arguments={"repeats": times, "dim": node.axis(dim)}
    )


def flipped(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.flip."""
    got = given(call, "input *dims")
    node = draft.node(got.get("input"))
    return draft.add("Flip", node, arguments={"dim": _one(node.axes(got.get("dims")))})


def _padded(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.pad."""
    got = given(call, "input pad mode value")
    node = draft.node(got.get("input"))
    pad = got.get("pad")
    if not isinstance(pad, tuple) or any(isinstance(side, GrowingSize) for side in pad):
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
    return draft.add("Pad", node, arguments={"pad": tuple(kept), "mode": mode, **extra})


def unfolded_axis(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.unfold(dimension, size, step); of torch.nn.functional it is another function."""
    if "functional" in call.op or "kernel_size" in call.kwargs or len(call.args) == 2:  # noqa: PLR2004
        return unfolded(draft, call)
    got = given(call, "input dimension size step")
    node = draft.node(got.get("input"))
    arguments = {key: got.get(key) for key in ("size", "step")}
    layout = layout_of(draft.value(call.result).sizes, node.layout.outer)
    return draft.add(
        "UnfoldAxis",
        node,
        layout=layout,
        arguments={"dimension": node.axis(got.get("dimension")), **arguments},
    )


def unfolded(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.unfold."""
    return _folding(draft, call, "Unfold", "input kernel_size dilation padding stride")


def _folded(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """F.fold."""
    return _folding(draft, call, "Fold", "input output_size kernel_size dilation padding stride")


def _folding(draft: "Draft", call: "RecordedCall", kind: str, signature: str) -> "Nodes":
    from archcalc.importing.reading.applying import applied

    got = given(call, signature)
    arguments = {key: got.get(key) for key in signature.split()[1:] if key in got}
    return applied(draft, kind, draft.node(got.get("input")), arguments=arguments)


def triangle(kind: str) -> "Translator":
    """torch.tril, torch.triu."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        got = given(call, "input diagonal")
        return draft.add(kind, draft.node(got.get("input")), arguments={"diagonal": got.get("diagonal", 0)})

    return translate


def _shuffled(kind: str, key: str) -> "Translator":
    """F.pixel_shuffle and the like."""

    def translate(draft: "Draft", call: "RecordedCall") -> "Nodes":
        from archcalc.importing.reading.applying import applied

        got = given(call, f"input {key}")
        return applied(draft, kind, draft.node(got.get("input")), arguments={key: got.get(key)})

    return translate


def view_of_parts(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.flatten of what is one for all samples and the like: a plain reshape."""
    return viewed_as(draft, draft.node(call.args[0]), draft.value(call.result).sizes)


TABLE: "Mapping[str, Translator]" = {
    "roll": rolled,
    "repeat": _repeated,
    "tile": _repeated,
    "repeat_interleave": interleaved,
    "flip": flipped,
    "pad": _padded,
    "unfold": unfolded_axis,
    "fold": _folded,
    "tril": triangle("Tril"),
    "triu": triangle("Triu"),
    "pixel_shuffle": _shuffled("PixelShuffle", "upscale_factor"),
    "pixel_unshuffle": _shuffled("PixelUnshuffle", "downscale_factor"),
    "channel_shuffle": _shuffled("ChannelShuffle", "groups"),
    "atleast_2d": view_of_parts,
}
