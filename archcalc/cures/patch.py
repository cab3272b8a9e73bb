"""Cures as JSON Patch (RFC 6902): what a program applies to the spec's data to make them."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import (
    DropKey,
    Insert,
    Move,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.source import scalar
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.cures.changes import Change, Cure
    from archcalc.source import Path

    Operation = Mapping[str, object]


class _Step(NamedTuple):
    """An operation and what it must come behind.

    Those further down come first, so that none moves what another one means. At one place of a list keys are
    set first, then the entry is taken out, then others are put in front of it, then behind the one above.
    """

    path: "Path"
    rank: int
    operation: "Operation"


KEYS, OUT, FRONT, BEHIND = range(4)


def patch(cure: "Cure") -> "list[Operation]":
    """The operations of a cure."""
    mapped: set[Path] = set()
    steps = [step for change in cure.changes for step in _steps(change, mapped)]
    # What is put in front of one entry keeps its order where the last of it is put in first.
    order = [(step, -index if step.rank == FRONT else index) for index, step in enumerate(steps)]
    order.sort(key=lambda item: (item[0].rank, item[1]))
    order.sort(key=lambda item: _order(item[0].path), reverse=True)
    return [step.operation for step, _ in order]


def _order(path: "Path") -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (0, step) for step in path]


def _steps(change: "Change", mapped: "set[Path]") -> "Iterator[_Step]":
    """The operations of a change; ``mapped`` are the entries that were words and are mappings by now."""
    match change:
        case SetValue():
            yield _Step(change.path, KEYS, _add(change.path, change.value))
        case SetKey():
            yield from _key_set(change, mapped)
        case RenameKey():
            path = change.origin.path
            moved = {"from": pointer((*path, change.key)), "path": pointer((*path, change.new))}
            yield _Step(path, KEYS, {"op": "move", **moved})
        case DropKey():
            path = change.origin.path
            yield _Step(path, KEYS, _out((*path, change.key)))
        case _:
            yield from _listed(change)


def _key_set(change: SetKey, mapped: "set[Path]") -> "Iterator[_Step]":
    path, word = change.origin.path, change.origin.entry()
    if isinstance(word, str) and path not in mapped:
        mapped.add(path)
        yield _Step(path, KEYS, {"op": "replace", "path": pointer(path), "value": {"type": word}})
    yield _Step(path, KEYS, _add((*path, change.key), scalar(change.value)))


def _listed(change: "Insert | RemoveEntry | Replace | Move | Wrap") -> "Iterator[_Step]":
    """The operations on the list that an entry stands in."""
    path = change.origin.path
    if isinstance(change, Insert):
        yield from _put_in(path, change.entries, behind=change.behind)
        return
    yield from (_Step(path, OUT, _out(path)) for _ in range(change.count if isinstance(change, Wrap) else 1))
    match change:
        case RemoveEntry():
            return
        case Replace():
            yield from (_Step(path, OUT, _add(path, entry)) for entry in reversed(change.entries))
        case Move():
            yield from _put_in(change.to.path, (change.origin.entry(),), behind=change.behind)
        case Wrap():
            first = cast("int", path[-1])
            beside = cast("list[object]", change.origin.document.at(path[:-1]))
            inner = beside[first : first + change.count]
            yield _Step(path, OUT, _add(path, {"type": change.kind, change.key: inner}))


def _put_in(path: "Path", entries: "tuple[object, ...]", *, behind: bool) -> "Iterator[_Step]":
    at = (*path[:-1], cast("int", path[-1]) + behind)
    ordered = reversed(entries) if behind else entries  # those in front are turned round as a whole
    return (_Step(at, BEHIND if behind else FRONT, _add(at, entry)) for entry in ordered)


def _add(path: "Path", value: object) -> "Operation":
    return {"op": "add", "path": pointer(path), "value": value}


def _out(path: "Path") -> "Operation":
    return {"op": "remove", "path": pointer(path)}


def pointer(path: "Path") -> str:
    """A path as a JSON pointer (RFC 6901): ``/layers/3/in_features``."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
