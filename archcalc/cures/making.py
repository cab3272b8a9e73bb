"""Cures by what they do, so that a rule says its cure in one line."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Cure, DropKey, Insert, Move, RemoveEntry, Replace, SetKey, SetValue
from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.cures.changes import Change, Entry
    from archcalc.source import Path
    from archcalc.tracing.records import Built, Origin


def keys_set(origin: "Origin", **values: object) -> "tuple[SetKey, ...]":
    """Keys of an entry set to plain values; an expression is a text that begins with ``=``."""
    return tuple(SetKey(origin, key, _written(_plain(value))) for key, value in values.items())


def _written(value: object) -> str:
    """A value as YAML; a size that no spec may hold, as it is: who tries the cure is refused."""
    from archcalc.writing import flow_text

    try:
        return flow_text(value)
    except Fault:
        return str(value)


def _plain(value: object) -> object:
    """With lists for tuples."""
    if not isinstance(value, list | tuple):
        return value
    return [_plain(item) for item in cast("Sequence[object]", value)]


def setting(layer: "Built", because: str = "", **values: object) -> Cure:
    """Keys of a layer's entry set, or of the use of the shipped block that it is in: ``padding=2``."""
    return Cure(keys_set(layer.origin.in_spec, **values), because)


def as_argument(values: "Sequence[int]") -> object:
    """An argument for each axis: one number where they are all alike."""
    return values[0] if len(set(values)) == 1 else list(values)


def retyped(layer: "Built", kind: str, because: str = "", **values: object) -> Cure:
    """The layer as another kind under its own name, with these arguments and none of the old ones.

    A word, and a kind without a name, is written anew; what else an entry says stays where it has more.
    """
    origin = layer.origin
    name = origin.written("name")
    entry = {"type": kind, **({"name": name} if name is not None else {}), **values}
    wired = [key for key in ("from", "when", "repeat", "frozen", "ignore", "note") if origin.written(key)]
    entry |= {key: origin.written(key) for key in wired}
    return Cure((Replace(origin, (kind if entry == {"type": kind} else entry,)),), because)


def without(layer: "Built", because: str = "") -> Cure:
    """The layer is taken out of its list."""
    return Cure((RemoveEntry(layer.origin),), because)


def in_front(layer: "Built", *entries: "Entry", because: str = "") -> Cure:
    """Layers in front of one that reads a single tensor: where it names that, they read it instead.

    They stand in front of the use of the shipped block that it is in.
    """
    origin = layer.origin.in_spec
    source = origin.written("from")
    changes: tuple[Change, ...] = (Insert(origin, entries),)
    if isinstance(source, str):
        first = {"type": entries[0]} if isinstance(entries[0], str) else entries[0]
        reading = {**first, "from": source}
        changes = (Insert(origin, (reading, *entries[1:])), DropKey(origin, "from"))
    return Cure(changes, because)


def behind(layer: "Built", *entries: "Entry", because: str = "") -> Cure:
    """Layers behind one, which the next one in the list reads."""
    return Cure((Insert(layer.origin, entries, behind=True),), because)


def moved(layer: "Built", to: "Built", *, behind: bool = True, because: str = "") -> Cure:
    """The layer behind another one, or in front of it."""
    return Cure((Move(layer.origin, to.origin, behind),), because)


def stating(path: "Path", value: object, because: str = "") -> Cure:
    """A value of the spec that belongs to no layer: ``stating(("loss",), "BCELoss")``."""
    return Cure((SetValue(path, value),), because)


def all_of(*cures: Cure, because: str = "") -> Cure:
    """What several cures change, at once, each change once."""
    changes: list[Change] = []
    known: dict[Path, list[Change]] = {}  # by place: of thousands of layers each has few
    for change in (change for cure in cures for change in cure.changes):
        here = known.setdefault(change.path if isinstance(change, SetValue) else change.origin.path, [])
        if change not in here:
            here.append(change)
            changes.append(change)
    return Cure(tuple(changes), because)
