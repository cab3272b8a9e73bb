"""Changes in place, as tensors of their own: parts that are written, fills and copies."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.reading.calls import given
from archcalc.importing.reading.casting import cast_to
from archcalc.importing.reading.indexing import Item, added_axis, items, sliced, whole_batch
from archcalc.importing.reading.kinds import written_arguments
from archcalc.importing.reading.layouts import Untranslated
from archcalc.importing.reading.nodes import SampleNode
from archcalc.importing.reading.reshaping import broadcast_to
from archcalc.importing.recording import GrowingSize, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.importing.reading.draft import Draft, Nodes, Translator
    from archcalc.importing.recording import RecordedCall


def setitem(draft: "Draft", call: "RecordedCall") -> "Nodes":
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
        source = draft.add(
            "Constant", arguments={"shape": (), "dtype": node.dtype, "form": "fill", "value": float(value)}
        )
    else:
        raise Untranslated(f"it writes {value}")
    return written(draft, goal, tuple(item for item in wanted if item is not None), source, 0)


def written(
    draft: "Draft", node: SampleNode, wanted: tuple[Item, ...], source: SampleNode, place: int
) -> SampleNode:
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
    axis = node.axis(at)
    size = node.shape[axis]
    first, last, step = item.indices(size)
    count = len(range(first, last, step))
    if not count:
        return node
    rest = (*wanted[:at], slice(None), *wanted[at + 1 :])
    if all(_everything(node, place, rest[place]) for place in range(at + 1, node.rank)):
        shape = (*node.shape[:axis], count, *node.shape[axis + 1 :])
        inner = _spread(draft, source, replace(node, tensor=replace(node.tensor, shape=shape)))
    else:
        inner = written(draft, sliced(draft, node, at, item), rest, source, at + 1)
    stop = last if last < size else None
    arguments = {"dim": axis, "start": first or None, "stop": stop, "step": step}
    if _is_there(draft, node, inner, arguments):
        return node
    return draft.add("SliceScatter", node, inner, arguments=arguments)


def _is_there(
    draft: "Draft", node: SampleNode, source: SampleNode, arguments: "Mapping[str, object]"
) -> bool:
    """Whether the same numbers were written there just now, as ``x[...] += y`` does twice."""
    if node.read.step is None:
        return False
    step = draft.steps[node.read.step]
    same = step.kind == "SliceScatter" and step.reads[1] == source.read
    return same and step.arguments == written_arguments("SliceScatter", arguments)


def _everything(node: SampleNode, axis: int, item: Item) -> bool:
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


def _with_axis(
    draft: "Draft", source: SampleNode, node: SampleNode, at: int, wanted: tuple[Item, ...]
) -> SampleNode:
    """A source with an axis of size 1 where a single position is written."""
    behind = sum(1 for item in wanted[at + 1 :] if not isinstance(item, int))
    place = source.rank - behind
    if place < 0 or source.rank == 0:
        return source
    del node
    return added_axis(draft, source, place)


def _spread(draft: "Draft", source: SampleNode, node: SampleNode) -> SampleNode:
    """A source repeated to the shape of the part that it replaces."""
    sizes: list[int | GrowingSize] = list(node.shape)
    if node.layout.alone and node.layout.axis is not None:
        sizes.insert(node.layout.axis, GrowingSize(1))
    elif node.layout.axis is not None:
        sizes[node.layout.axis] = GrowingSize(node.layout.inside)
    if source.shape == node.shape and source.layout == node.layout:
        return source
    return broadcast_to(draft, source, sizes)


def _filled(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.zero_(), x.fill_(c)."""
    got = given(call, "input value")
    node = draft.node(got.get("input"))
    number = 0.0 if "zero" in call.op else draft.scalar(got.get("value"))
    if number is None:
        raise Untranslated("it is filled with a number that is not known")
    found = draft.add(
        "Constant",
        arguments={"shape": node.shape, "dtype": node.dtype, "form": "fill", "value": float(number)},
    )
    return replace(found, layout=node.layout)


def copied(draft: "Draft", call: "RecordedCall") -> "Nodes":
    """x.copy_(y)."""
    got = given(call, "input src")
    node, source = draft.node(got.get("input")), draft.node(got.get("src"))
    return cast_to(draft, _spread(draft, source, node), node.dtype)


TABLE: "Mapping[str, Translator]" = {
    "setitem": setitem,
    "zero": _filled,
    "fill": _filled,
    "copy": copied,
}
