"""Cures as JSON Patch (RFC 6902): what a program applies to the spec's data to make them."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import DropKey, Insert, RemoveEntry, RenameKey, Replace, SetKey, SetValue
from archcalc.source import scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.cures.changes import Change, Cure
    from archcalc.source import Path

    Operation = Mapping[str, object]


def patch(cure: "Cure") -> "list[Operation]":
    """The operations of a cure; those further down come first, so that none moves what another one means."""
    ordered = sorted(cure.changes, key=_order, reverse=True)
    return [operation for change in ordered for operation in _operations(change)]


def _path(change: "Change") -> "Path":
    return change.path if isinstance(change, SetValue) else change.origin.path


def _order(change: "Change") -> tuple[list[tuple[int, str]], int]:
    """Of one entry, what stands behind it comes before its keys, and what moves it last."""
    steps = [(step, "") if isinstance(step, int) else (0, step) for step in _path(change)]
    behind = 2 if isinstance(change, Insert) and change.behind else 0
    return steps, behind or int(not isinstance(change, Insert | RemoveEntry | Replace))


def _operations(change: "Change") -> "list[Operation]":
    path = _path(change)
    match change:
        case SetValue():
            return [_add(path, change.value)]
        case SetKey():
            return [*_mapping(change), _add((*path, change.key), scalar(change.value))]
        case RenameKey():
            moved = {"from": pointer((*path, change.key)), "path": pointer((*path, change.new))}
            return [{"op": "move", **moved}]
        case Insert():
            at = (*path[:-1], cast("int", path[-1]) + change.behind)
            return [_add(at, entry) for entry in reversed(change.entries)]
        case DropKey() | RemoveEntry() | Replace():
            gone = (*path, change.key) if isinstance(change, DropKey) else path
            new = change.entries if isinstance(change, Replace) else ()
            return [{"op": "remove", "path": pointer(gone)}, *(_add(path, entry) for entry in reversed(new))]


def _mapping(change: SetKey) -> "list[Operation]":
    """What makes a mapping of an entry that is a word, where it is one."""
    entry = change.origin.entry()
    return [{"op": "replace", "path": pointer(change.origin.path), "value": {"type": entry}}] * (
        isinstance(entry, str)
    )


def _add(path: "Path", value: object) -> "Operation":
    return {"op": "add", "path": pointer(path), "value": value}


def pointer(path: "Path") -> str:
    """A path as a JSON pointer (RFC 6901): ``/layers/3/in_features``."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
