"""Changes that lead what a layer reads through other layers first, and the keys that say a size."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import DropKey, Insert, SetKey
from archcalc.tracing.records import Origin
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.cures.changes import Change, Entry
    from archcalc.tracing.records import Refused

LISTS = ("body", "shortcut")
"""Keys of the ways of a container that has two, in the order of what its merge reads."""


def led_through(
    refused: "Refused", *entries: "Entry", position: int = 0, name: str = ""
) -> "tuple[Change, ...]":
    """Changes with which an input of a layer comes through other layers; none where they can't be written.

    Args:
        refused: the layer.
        entries: the layers, which read one another.
        position: of the input.
        name: of the last of them, where the layer has to name what it reads.
    """
    origin = refused.origin.in_spec
    if origin.path and origin.path[-1] == "merge":
        return _at_end(origin, position, entries)
    written = origin.written("from")
    if not origin.path or not isinstance(origin.path[-1], int):
        return ()
    if written is None:
        return (Insert(origin, entries),) if position == 0 else ()
    sources = cast("list[object]", written) if isinstance(written, list) else [written]
    if len(sources) != len(refused.inputs):
        return ()
    first, *others = map(_mapping, entries)
    led: list[Mapping[str, object]] = [{**first, "from": sources[position]}, *others]
    if len(sources) == 1:
        return (DropKey(origin, "from"), Insert(origin, tuple(led)))
    kind, rest = led[-1]["type"], {key: value for key, value in led[-1].items() if key != "type"}
    led[-1] = {"type": kind, "name": name, **rest}
    named = [name if index == position else source for index, source in enumerate(sources)]
    return (SetKey(origin, "from", flow_text(named)), Insert(origin, tuple(led)))


def _at_end(merge: Origin, position: int, entries: "tuple[Entry, ...]") -> "tuple[Change, ...]":
    """Layers at the end of one of the ways whose ends a container merges."""
    around = Origin(merge.document, merge.path[:-1], merge.use)
    below = _way(around, position)
    if below is None:
        return ()
    layers = merge.document.at((*around.path, *below))
    if isinstance(layers, list) and layers:
        last = len(cast("list[object]", layers)) - 1
        return (
            Insert(Origin(merge.document, (*around.path, *below, last), merge.use), entries, behind=True),
        )
    key, *deeper = below
    return () if deeper else (SetKey(around, str(key), flow_text(list(entries))),)


def _way(around: Origin, position: int) -> "tuple[str] | tuple[str, str | int] | None":
    """The path of a way below its container."""
    branches = around.written("branches")
    if isinstance(branches, dict):
        return ("branches", list(cast("dict[str, object]", branches))[position])
    if isinstance(branches, list):
        return ("branches", position)
    return (LISTS[position],) if position < len(LISTS) else None


def _mapping(entry: "Entry") -> "Mapping[str, object]":
    return {"type": entry} if isinstance(entry, str) else entry


def keys_of(origin: Origin, key: str, value: object) -> "Iterator[tuple[Origin, str]]":
    """Where the value of an argument is written: at the layer, or at the use of the shipped block it is in.

    Args:
        origin: the layer's entry.
        key: the argument.
        value: what it is, which finds the key of the use where the block does not name it.
    """
    if origin.in_spec == origin:
        yield origin, key
        return
    written = origin.written(key)
    use = origin.use
    if use is None or use.in_spec != use:
        return
    named = str(written).removeprefix("=").strip()
    entry = use.entry()
    keys = cast("Mapping[str, object]", entry if isinstance(entry, dict) else {})
    if isinstance(written, str) and named.isidentifier():
        yield use, named
    yield from (
        (use, name) for name, found in keys.items() if found == value and name not in (named, "repeat")
    )
