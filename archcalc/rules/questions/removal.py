"""The edit that takes a layer out of its list, offered where nothing else of the spec rests on the layer."""

from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, RemoveEntry, SetKey, SetValue
from archcalc.cures.making import keys_set
from archcalc.layers.registry import KINDS
from archcalc.rules.entries import around, has_expression, place_of
from archcalc.rules.language import Context, TracedLayer
from archcalc.tracing.references import TOP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.cures.changes import Change
    from archcalc.source import Path
    from archcalc.tracing.records import Origin

MOST_NAMES = 100
"""Names in entries that read a layer, which its cure would write anew."""
WIRED = ("when", "repeat", "from", "tie")
"""Keys of an entry that is more than a layer between the one before it and the next."""


def removal(
    context: Context, layer: TracedLayer, beside: TracedLayer | None = None
) -> tuple[RemoveEntry, ...]:
    """The edit that removes a layer whose readers can read its input instead; empty where it is not safe.

    It is not where a name or a comment refers to it or to a layer that would be called by its automatic
    name, where its list would be empty, where weights go with it or get other names, or where another value
    of a variable could put something between the layer and what makes it needless.

    Args:
        context: the network.
        layer: the layer.
        beside: what makes it needless, in the same list; None: it is what leaves the network.
    """
    if not context.told:
        return ()  # what is only counted is not mended
    origin = layer.origin
    between = partial(context.settled.between, origin)
    settled = _settled_behind(origin) if beside is None else between(beside.origin)
    return (RemoveEntry(origin),) if settled and _is_loose(context, layer) else ()


def leaving_out(context: Context, layer: TracedLayer, because: str = "") -> tuple[Cure, ...]:
    """The cure that takes a layer out, so that what reads it reads its input: to be tried, and no safe edit.

    Those that name it name its input instead. None where a name that is counted (``relu_1``) would be that of
    another layer, where so many entries name it that nobody would write them anew, and where findings are
    only counted.
    """
    if not (context.told and _has_few_names(context, layer)):
        return ()
    label, _, number = layer.name.rpartition(".")[2].rpartition("_")
    own, counted = layer.name.rpartition(".")[2], f"{layer.type.lower()}_0"
    if layer.origin.written("name") is None and number.isdecimal():
        counted = f"{label}_{int(number) + 1}"
    if context.references.reach(counted):
        return ()
    source = str(layer.inputs[0])
    # Names in `from` are those of the scope in which it is written, from where a dotted name leads on.
    written = layer.origin.written("name")
    scope = layer.name.removesuffix(written if isinstance(written, str) else own)
    source = source.removeprefix(scope)
    changes: list[Change] = [RemoveEntry(layer.origin)]
    for port, reader in _readers(context, layer):
        written = reader.written("from")
        if isinstance(written, str | list):
            names = [written] if isinstance(written, str) else cast("list[object]", written)
            named = [str(name) for name in names]
            full = TOP + str(layer.inputs[0])
            meant = {own: source, layer.name: source, port: source, TOP + layer.name: full, TOP + port: full}
            instead = [meant.get(name, name) for name in named]
            change = keys_set(reader, **{"from": instead if len(instead) > 1 else instead[0]})
            changes += change if instead != named else ()
        elif layer.origin.written("from") is not None:
            changes += keys_set(reader, **{"from": source})
    outputs = context.spec.outputs or ()
    if own in outputs or layer.name in outputs:
        left = [source if name in (own, layer.name) else name for name in outputs]
        changes.append(SetValue(("outputs",), left))
    return (Cure(tuple(_once(changes)), because),)


def _has_few_names(context: Context, layer: TracedLayer) -> bool:
    """Whether entries that read a layer hold no more names than somebody would write anew."""
    names = 0
    for reader in context.trace.readers_of(layer.name):
        written = reader.layer.origin.written("from")
        names += len(cast("list[object]", written)) if isinstance(written, list) else 1
        if names > MOST_NAMES:
            return False
    return True


def _once(changes: "Sequence[Change]") -> "Iterator[Change]":
    """Each change once: an entry that reads the layer twice, or a block used twice, asks for it again."""
    seen: set[tuple[int, Path, str, str]] = set()
    for change in changes:
        if isinstance(change, SetKey):
            own = id(change.origin.document), change.origin.path, change.key, change.value
            if own in seen:
                continue
            seen.add(own)
        yield change


def _readers(context: Context, layer: TracedLayer) -> "Iterator[tuple[str, Origin]]":
    """What it is called where another layer reads it, and that layer's entry."""
    for reader in context.trace.readers_of(layer.name):
        yield f"{layer.name}.{reader.output}", reader.layer.origin.in_spec


def _is_loose(context: Context, layer: TracedLayer) -> bool:
    """Whether its entry is but a layer between the one before it and the next, and nothing refers to it."""
    own, listed = layer.name.rpartition(".")[2], _list_of(layer.origin)
    if layer.origin.written("name") is not None:  # it counts among the unnamed of its type nevertheless
        referred = context.references.name(own) or context.references.reach(f"{layer.type.lower()}_0")
    else:
        referred = context.references.reach(own)
        # The layers behind one that is numbered get other numbers, and their weights other names.
        referred |= own.isdecimal() and layer.origin.path[-1] != len(listed) - 1
    wired = any(layer.origin.written(key) is not None for key in WIRED)
    bare = not (layer.facts.weights or layer.facts.buffers)
    alone = len(listed) <= 1
    remarked = place_of(layer.origin).line in context.remarked
    return bare and not (wired or alone or referred or remarked)


def _index(path: "Path") -> int:
    return cast("int", path[-1])


def _list_of(origin: "Origin") -> "Sequence[object]":
    """The list that an entry stands in; empty for one that stands in none, as a merge does."""
    found = origin.document.at(origin.path[:-1])
    return cast("list[object]", found) if isinstance(found, list) else []


def _settled_behind(origin: "Origin") -> bool:
    """Whether an entry, and all that is written behind it, is there for sure and the network's end."""
    return not any(_is_switched(at.entry()) for at in around(origin)) and all(
        _is_settled(entry)
        for at in around(origin)
        if (listed := _list_of(at))
        for entry in listed[_index(at.path) + 1 :]
    )


class Settled:
    """Which entries of a list are there for sure, and always the same, whatever variables are."""

    def __init__(self) -> None:
        self._others: dict[int, tuple[Sequence[object], list[int]]] = {}
        """List, by its identity -> how many others stand in front of each of its entries."""

    def between(self, one: "Origin", other: "Origin") -> bool:
        """Whether two entries of one list, and all between them, are."""
        if (one.path[:-1], one.use) != (other.path[:-1], other.use) or one.document is not other.document:
            return False
        first, last = sorted((_index(one.path), _index(other.path)))
        others = self._before(_list_of(one))
        return others[last + 1] == others[first]

    def _before(self, listed: "Sequence[object]") -> list[int]:
        found = self._others.get(id(listed))
        if found is None:
            other = (not _is_settled(entry) or has_expression(entry) for entry in listed)
            found = self._others[id(listed)] = listed, list(accumulate(other, initial=0))
        return found[1]


def _is_settled(entry: object) -> bool:
    """Whether an entry is a layer of a known kind, however variables are set."""
    kind = _keys(entry).get("type")
    return isinstance(kind, str) and kind in KINDS and not _is_switched(entry)


def _is_switched(entry: object) -> bool:
    """Whether an entry may be left out."""
    written = _keys(entry)
    return "when" in written or isinstance(written.get("repeat"), str)


def _keys(entry: object) -> "Mapping[str, object]":
    """What an entry says; a word is its type."""
    return cast("Mapping[str, object]", entry) if isinstance(entry, dict) else {"type": entry}
