"""Reading and writing parts of tensors by place: slices, numbers, new axes, tensors of indices."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.reading.broadcasting import fitted_in
from archcalc.importing.reading.calls import given
from archcalc.importing.reading.layouts import Layout, Untranslated, layout_of
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.reshaping import as_shape
from archcalc.importing.recording import GrowingSize, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Shape
    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import RecordedArgument, RecordedCall

DOTS = ("...", "Ellipsis")
Item = int | slice | None | Ref | tuple["RecordedArgument", ...]


def items(index: "RecordedArgument", rank: int) -> tuple[Item, ...]:
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


def getitem(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x[...]."""
    node = draft.node(call.args[0])
    wanted = items(call.args[1], node.rank)
    tensors = [item for item in wanted if isinstance(item, Ref)]
    if len(tensors) > 1:
        return _paired_indices(draft, node, wanted)
    return taken(draft, node, wanted)


def taken(draft: "Draft", node: SampleNode, wanted: tuple[Item, ...]) -> SampleNode:
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


def added_axis(draft: "Draft", node: SampleNode, place: int) -> SampleNode:
    """A new axis of size 1 before the axis ``place`` of the torch tensor."""
    layout = node.layout
    if layout.axis is not None and layout.axis >= place:
        layout = replace(layout, axis=layout.axis + 1)
    at = layout.sample_axis(place, node.rank + 1)
    if at is None:
        raise Untranslated("a new axis in the place of the batch")
    return as_shape(draft, node, (*node.shape[:at], 1, *node.shape[at:]), layout)


def sliced(draft: "Draft", node: SampleNode, place: int, part: slice) -> SampleNode:
    """Positions of an axis."""
    start, stop, step = part.start, part.stop, part.step
    if place == node.layout.axis:
        if start in (None, 0) and step in (None, 1) and (stop is None or whole_batch(stop, node.layout)):
            return node
        raise Untranslated("it takes a part of the batch")
    axis = node.axis(place)
    size = node.shape[axis]
    start, stop = _bound(draft, start), _bound(draft, stop)
    first, last, pace = slice(start, stop, step).indices(size)
    if (first, last, pace) == (0, size, 1):
        return node
    if not range(first, last, pace):
        shape = (*node.shape[:axis], 0, *node.shape[axis + 1 :])
        return replace(node, tensor=replace(node.tensor, shape=shape))
    stop = None if stop is None or stop >= size else stop
    arguments = {"dim": axis, "start": start or None, "stop": stop, "step": pace}
    return draft.add("Slice", node, arguments=arguments)


def _bound(draft: "Draft", bound: object) -> int | None:
    """A bound, which may be a tensor of one known number."""
    if bound is None or isinstance(bound, int):
        return bound
    found = draft.scalar(bound) if isinstance(bound, Ref) else None
    if found is None:
        raise Untranslated("a slice up to a number that is not known")
    return int(found)


def whole_batch(stop: object, layout: Layout) -> bool:
    """Whether a bound lies behind the batch."""
    if isinstance(stop, GrowingSize):
        return stop.slope >= layout.inside
    return isinstance(stop, int) and stop > 1000  # noqa: PLR2004  more than any batch


def selected(draft: "Draft", node: SampleNode, place: int, index: int) -> SampleNode:
    """One position of an axis."""
    if place == node.layout.axis:
        return _one_of_merged(draft, node, place, index)
    axis = node.axis(place)
    layout = node.layout
    if layout.axis is not None and layout.axis > place:
        layout = replace(layout, axis=layout.axis - 1)
    if node.shape[axis] == 1 and len(node.shape) > 1:
        return as_shape(draft, node, (*node.shape[:axis], *node.shape[axis + 1 :]), layout)
    return draft.add("Select", node, layout=layout, arguments={"dim": axis, "index": index})


def _one_of_merged(draft: "Draft", node: SampleNode, place: int, index: int) -> SampleNode:
    del draft, node, place
    raise Untranslated(f"it takes sample {index} of the batch")


def indexed(
    draft: "Draft", node: SampleNode, place: int, index: "Ref | tuple[RecordedArgument, ...]"
) -> tuple[SampleNode, int]:
    """Positions that a tensor or list of whole numbers says, and how many axes stand in the place of one."""
    if isinstance(index, tuple):
        places = draft.add("Constant", arguments={"shape": (len(index),), "dtype": "int64"})
    else:
        places = draft.node(index)
    if not places.dtype.startswith(("int", "uint")):
        raise Untranslated("it reads where a mask says so")
    if places.layout.axis is not None:
        return _rows_of_samples(draft, node, place, places)
    axis = node.axis(place)
    flat = (
        as_shape(draft, places, (_count(places.shape),), places.layout) if len(places.shape) != 1 else places
    )
    layout = node.layout
    found = draft.add("IndexSelect", node, flat, layout=layout, arguments={"dim": axis})
    if len(places.shape) == 1:
        return found, 1
    if layout.axis is not None and layout.axis > place:
        layout = replace(layout, axis=layout.axis + len(places.shape) - 1)
    shape = (*node.shape[:axis], *places.shape, *node.shape[axis + 1 :])
    return as_shape(draft, found, shape, layout), len(places.shape)


def _rows_of_samples(
    draft: "Draft", node: SampleNode, place: int, places: SampleNode
) -> tuple[SampleNode, int]:
    """Positions that every sample says for itself, of what is one for all samples: a table's rows."""
    if node.layout.axis is not None:
        raise Untranslated("every sample reads other positions of its own")
    sizes = (*node.shape[:place], *places.shape, *node.shape[place + 1 :])
    flat = (
        places if len(places.shape) == 1 else as_shape(draft, places, (_count(places.shape),), places.layout)
    )
    axis = (places.layout.axis or 0) + place
    layout = replace(places.layout, axis=axis)
    found = draft.add("IndexSelect", node, flat, layout=layout, arguments={"dim": place})
    return as_shape(draft, found, sizes, layout), places.rank


def _count(shape: "Shape") -> int:
    from math import prod

    return prod(shape)


def _paired_indices(draft: "Draft", node: SampleNode, wanted: tuple[Item, ...]) -> SampleNode:
    """x[rows, places]: of every sample the position that a number of its own says."""
    first, second, *rest = wanted
    if not isinstance(first, Ref) or not isinstance(second, Ref) or node.layout != Layout(0):
        raise Untranslated("several tensors of indices")
    rows, places = draft.value(first), draft.node(second)
    counted = rows.constant and rows.content is not None and rows.content.form == "range"
    if not counted or places.layout != Layout(0) or places.shape or any(item != slice(None) for item in rest):
        raise Untranslated("several tensors of indices")
    wide = as_shape(draft, places, (1,), places.layout)
    return as_shape(
        draft, draft.add("IndexSelect", node, wide, arguments={"dim": 0}), node.shape[1:], node.layout
    )


def rows(draft: "Draft", table: SampleNode, tokens: SampleNode) -> SampleNode:
    """The rows of a table that is one for all samples."""
    if tokens.layout.axis is not None:
        return _rows_of_samples(draft, table, 0, tokens)[0]
    flat = as_shape(draft, tokens, (_count(tokens.shape),), tokens.layout)
    found = draft.add("IndexSelect", table, flat)
    return as_shape(draft, found, (*tokens.shape, *table.shape[1:]), table.layout)


def _narrowed(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.narrow(dim, start, length)."""
    got = given(call, "input dim start length")
    node = draft.node(got.get("input"))
    dim, start = got.integer("dim") % node.rank, got.integer("start")
    return sliced(draft, node, dim, slice(start, start + got.integer("length")))


def select(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.select(dim, index)."""
    got = given(call, "input dim index")
    node = draft.node(got.get("input"))
    return selected(draft, node, got.integer("dim") % node.rank, got.integer("index"))


def index_select(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.index_select."""
    got = given(call, "input dim index")
    node, index = draft.node(got.get("input")), got.get("index")
    if not isinstance(index, Ref):
        raise Untranslated("an index that is no tensor")
    return indexed(draft, node, got.integer("dim") % node.rank, index)[0]


def gathered(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """torch.gather, torch.take_along_dim."""
    got = given(call, "input dim index")
    node, index = draft.node(got.get("input")), draft.node(got.get("index"))
    layout = layout_of(draft.value(call.result).sizes, node.layout.outer)
    ready = fitted_in(draft, node, node.rank, layout)
    return draft.add("Gather", ready, index, layout=layout, arguments={"dim": node.axis(got.get("dim"))})


TABLE: "Mapping[str, Translator]" = {
    "getitem": getitem,
    "narrow": _narrowed,
    "select": select,
    "index_select": index_select,
    "gather": gathered,
    "take_along_dim": gathered,
}
