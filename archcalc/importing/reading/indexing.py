"""Reading and writing parts of tensors by place: slices, numbers, new axes, tensors of indices."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import fitted
from archcalc.importing.reading.calls import given
from archcalc.importing.reading.layouts import Layout, Untranslated, laid_out
from archcalc.importing.reading.nodes import Node
from archcalc.importing.reading.reshaping import as_shape, broadcast
from archcalc.importing.recording import Growing, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Shape
    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import Argument, Call

DOTS = ("...", "Ellipsis")
Item = int | slice | None | Ref | tuple["Argument", ...]


def items(index: "Argument", rank: int) -> tuple[Item, ...]:
    """What stands for every axis, dots written out.

    Raises:
        Untranslated: it is of a kind that has no layer.
    """
    several = index if isinstance(index, tuple) else (index,)
    taken = sum(1 for item in several if item is not None and item not in DOTS)
    found: list[Item] = []
    for item in several:
        if isinstance(item, str) and item in DOTS:
            found += [slice(None)] * (rank - taken)
        elif isinstance(item, tuple) and all(isinstance(each, int) for each in item):
            found.append(item)
        elif isinstance(item, bool) or not (item is None or isinstance(item, int | slice | Ref)):
            raise Untranslated(f"an index {item}")
        else:
            found.append(item)
    axes = sum(1 for item in found if item is not None)
    return (*found, *[slice(None)] * (rank - axes))


def getitem(draft: "Draft", call: "Call") -> "Nodes":
    """x[...]."""
    node = draft.node(call.args[0])
    wanted = items(call.args[1], node.rank)
    tensors = [item for item in wanted if isinstance(item, Ref)]
    if len(tensors) > 1:
        return _paired_indices(draft, node, wanted)
    return taken(draft, node, wanted)


def taken(draft: "Draft", node: Node, wanted: tuple[Item, ...]) -> Node:
    """Part of a tensor, an axis at a time."""
    place = 0
    for item in wanted:
        if item is None:
            node, place = added_axis(draft, node, place), place + 1
        elif isinstance(item, slice):
            node, place = sliced(draft, node, place, item), place + 1
        elif isinstance(item, int):
            node = selected(draft, node, place, item)
        else:
            node, more = indexed(draft, node, place, item)
            place += more
    return node


def added_axis(draft: "Draft", node: Node, place: int) -> Node:
    """A new axis of size 1 before the axis ``place`` of the torch tensor."""
    layout = node.layout
    if layout.axis is not None and layout.axis >= place:
        layout = replace(layout, axis=layout.axis + 1)
    at = layout.sample_axis(place, node.rank + 1)
    if at is None:
        raise Untranslated("a new axis in the place of the batch")
    return as_shape(draft, node, (*node.shape[:at], 1, *node.shape[at:]), layout)


def sliced(draft: "Draft", node: Node, place: int, part: slice) -> Node:
    """Positions of an axis."""
    start, stop, step = part.start, part.stop, part.step
    if place == node.layout.axis:
        if start in (None, 0) and step in (None, 1) and (stop is None or whole_batch(stop, node.layout)):
            return node
        raise Untranslated("it takes a part of the batch")
    axis = node.axis(place)
    size = node.shape[axis]
    bounds = tuple(
        bound if bound is None or isinstance(bound, int) else _number(draft, bound) for bound in (start, stop)
    )
    first, last, pace = slice(*bounds, step).indices(size)
    if (first, last, pace) == (0, size, 1) or (first == 0 and last >= size and pace == 1):
        return node
    if not len(range(first, last, pace)):
        shape = (*node.shape[:axis], 0, *node.shape[axis + 1 :])
        return replace(node, tensor=replace(node.tensor, shape=shape))
    start, stop = bounds
    if isinstance(stop, int) and stop >= size:
        stop = None
    return draft.add("Slice", node, dim=axis, start=start or None, stop=stop, step=step or 1)


def _number(draft: "Draft", bound: object) -> int:
    """A bound that is a tensor of one known number."""
    found = draft.scalar(bound) if isinstance(bound, Ref) else None
    if found is None:
        raise Untranslated("a slice up to a number that is not known")
    return int(found)


def whole_batch(stop: object, layout: Layout) -> bool:
    """Whether a bound lies behind the batch."""
    if isinstance(stop, Growing):
        return stop.slope >= layout.inside
    return isinstance(stop, int) and stop > 1000  # noqa: PLR2004  more than any batch


def selected(draft: "Draft", node: Node, place: int, index: int) -> Node:
    """One position of an axis."""
    if place == node.layout.axis:
        return _one_of_merged(draft, node, place, index)
    axis = node.axis(place)
    layout = node.layout
    if layout.axis is not None and layout.axis > place:
        layout = replace(layout, axis=layout.axis - 1)
    if node.shape[axis] == 1 and len(node.shape) > 1:
        return as_shape(draft, node, (*node.shape[:axis], *node.shape[axis + 1 :]), layout)
    return draft.add("Select", node, layout=layout, dim=axis, index=index)


def _one_of_merged(draft: "Draft", node: Node, place: int, index: int) -> Node:
    del draft, node, place
    raise Untranslated(f"it takes sample {index} of the batch")


def indexed(draft: "Draft", node: Node, place: int, index: "Ref | tuple[Argument, ...]") -> tuple[Node, int]:
    """Positions that a tensor or list of whole numbers says, and how many axes stand in the place of one."""
    if isinstance(index, tuple):
        places = draft.add("Constant", shape=(len(index),), dtype="int64")
    else:
        places = draft.node(index)
    if not places.dtype.startswith(("int", "uint")):
        raise Untranslated("it reads where a mask says so")
    if places.layout.axis is not None:
        raise Untranslated("every sample reads other positions")
    axis = node.axis(place)
    flat = (
        as_shape(draft, places, (_count(places.shape),), places.layout) if len(places.shape) != 1 else places
    )
    layout = node.layout
    found = draft.add("IndexSelect", node, flat, dim=axis, layout=layout)
    if len(places.shape) == 1:
        return found, 1
    if layout.axis is not None and layout.axis > place:
        layout = replace(layout, axis=layout.axis + len(places.shape) - 1)
    shape = (*node.shape[:axis], *places.shape, *node.shape[axis + 1 :])
    return as_shape(draft, found, shape, layout), len(places.shape)


def _count(shape: "Shape") -> int:
    from math import prod

    return prod(shape)


def _paired_indices(draft: "Draft", node: Node, wanted: tuple[Item, ...]) -> Node:
    """x[rows, places]: of every sample the position that a number of its own says."""
    first, second, *rest = wanted
    if not isinstance(first, Ref) or not isinstance(second, Ref) or node.layout != Layout(0):
        raise Untranslated("several tensors of indices")
    rows, places = draft.value(first), draft.node(second)
    counted = rows.constant and rows.content is not None and rows.content.form == "range"
    if not counted or places.layout != Layout(0) or places.shape or any(item != slice(None) for item in rest):
        raise Untranslated("several tensors of indices")
    wide = as_shape(draft, places, (1,), places.layout)
    return as_shape(draft, draft.add("IndexSelect", node, wide, dim=0), node.shape[1:], node.layout)


def setitem(draft: "Draft", call: "Call") -> "Nodes":
    """x[...] = y: a tensor with the part replaced."""
    node = draft.node(call.args[0])
    wanted = items(call.args[1], node.rank)
    value = call.args[2]
    if any(isinstance(item, Ref | tuple) for item in wanted):
        raise Untranslated("it writes where a tensor says so")
    goal = node
    if not isinstance(value, int | float):
        source = draft.node(value)
    elif draft.scalar(value) is not None:
        source = draft.add("Constant", shape=(), dtype=node.dtype, form="fill", value=float(value))
    else:
        raise Untranslated(f"it writes {value}")
    return written(draft, goal, tuple(item for item in wanted if item is not None), source, 0)


def written(draft: "Draft", node: Node, wanted: tuple[Item, ...], source: Node, place: int) -> Node:
    """A tensor with the part from the axis ``place`` on replaced."""
    at = next((axis for axis in range(place, node.rank) if not _everything(node, axis, wanted[axis])), None)
    if at is None:
        return _spread(draft, source, node)
    item = wanted[at]
    if isinstance(item, int):
        item = slice(item, item + 1 or None)
        source = _with_axis(draft, source, node, at, wanted)
    if not isinstance(item, slice) or at == node.layout.axis:
        raise Untranslated("it writes a part of the batch")
    part = sliced(draft, node, at, item)
    if 0 in part.shape:
        return node
    inner = written(draft, part, (*wanted[:at], slice(None), *wanted[at + 1 :]), source, at + 1)
    axis = node.axis(at)
    size = node.shape[axis]
    first, last, step = item.indices(size)
    more: dict[str, object] = {"start": first or None, "stop": last if last < size else None, "step": step}
    return draft.add("SliceScatter", node, inner, dim=axis, **more)


def _everything(node: Node, axis: int, item: Item) -> bool:
    if not isinstance(item, slice):
        return False
    if axis == node.layout.axis:
        whole = item.stop is None or whole_batch(item.stop, node.layout)
        return item.start in (None, 0) and item.step in (None, 1) and whole
    size = node.shape[node.axis(axis)]
    bounds = (item.start, item.stop, item.step)
    return all(bound is None or isinstance(bound, int) for bound in bounds) and item.indices(size) == (
        0,
        size,
        1,
    )


def _with_axis(draft: "Draft", source: Node, node: Node, at: int, wanted: tuple[Item, ...]) -> Node:
    """A source with an axis of size 1 where a single position is written."""
    behind = sum(1 for item in wanted[at + 1 :] if not isinstance(item, int))
    place = source.rank - behind
    if place < 0 or source.rank == 0:
        return source
    del node
    return added_axis(draft, source, place)


def _spread(draft: "Draft", source: Node, node: Node) -> Node:
    """A source repeated to the shape of the part that it replaces."""
    sizes: list[int | Growing] = list(node.shape)
    if node.layout.alone and node.layout.axis is not None:
        sizes.insert(node.layout.axis, Growing(1))
    elif node.layout.axis is not None:
        sizes[node.layout.axis] = Growing(node.layout.inside)
    if source.shape == node.shape and source.layout == node.layout:
        return source
    return broadcast(draft, source, sizes)


def narrowed(draft: "Draft", call: "Call") -> "Nodes":
    """x.narrow(dim, start, length)."""
    got = given(call, "input dim start length")
    node = draft.node(got.get("input"))
    dim, start = got.integer("dim") % node.rank, got.integer("start")
    return sliced(draft, node, dim, slice(start, start + got.integer("length")))


def select(draft: "Draft", call: "Call") -> "Nodes":
    """x.select(dim, index)."""
    got = given(call, "input dim index")
    node = draft.node(got.get("input"))
    return selected(draft, node, got.integer("dim") % node.rank, got.integer("index"))


def index_select(draft: "Draft", call: "Call") -> "Nodes":
    """torch.index_select."""
    got = given(call, "input dim index")
    node, index = draft.node(got.get("input")), got.get("index")
    if not isinstance(index, Ref):
        raise Untranslated("an index that is no tensor")
    return indexed(draft, node, got.integer("dim") % node.rank, index)[0]


def gathered(draft: "Draft", call: "Call") -> "Nodes":
    """torch.gather, torch.take_along_dim."""
    got = given(call, "input dim index")
    node, index = draft.node(got.get("input")), draft.node(got.get("index"))
    layout = laid_out(draft.value(call.result).sizes, node.layout.outer)
    ready = fitted(draft, node, node.rank, layout)
    return draft.add("Gather", ready, index, layout=layout, dim=node.axis(got.get("dim")))


def filled(draft: "Draft", call: "Call") -> "Nodes":
    """x.zero_(), x.fill_(c)."""
    got = given(call, "input value")
    node = draft.node(got.get("input"))
    number = 0.0 if "zero" in call.op else draft.scalar(got.get("value"))
    if number is None:
        raise Untranslated("it is filled with a number that is not known")
    found = draft.add("Constant", shape=node.shape, dtype=node.dtype, form="fill", value=float(number))
    return replace(found, layout=node.layout)


def copied(draft: "Draft", call: "Call") -> "Nodes":
    """x.copy_(y)."""
    got = given(call, "input src")
    node, source = draft.node(got.get("input")), draft.node(got.get("src"))
    from archcalc.importing.reading.arithmetic import cast_to

    return cast_to(draft, _spread(draft, source, node), node.dtype)


TABLE: "Mapping[str, Translator]" = {
    "getitem": getitem,
    "setitem": setitem,
    "zero": filled,
    "fill": filled,
    "copy": copied,
    "narrow": narrowed,
    "select": select,
    "index_select": index_select,
    "gather": gathered,
    "take_along_dim": gathered,
}
