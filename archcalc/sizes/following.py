"""Records of a trace at other sizes: every number that remembers replaced by its value there."""

import operator
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

from archcalc.errors import Place
from archcalc.layers.base import Layer
from archcalc.sizes.size import Size, plain
from archcalc.tracing.records import Origin
from archcalc.tracing.runs import TurnedLayers

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.sizes.replay import At

T = TypeVar("T")
KEPT = frozenset((type(None), int, bool, str, float, range, Origin, Place))
"""Types that have no sizes in them, told by themselves: most of what is met is one of these."""


def followed(record: T, at: "At") -> T:
    """A record, or a tuple or a mapping of them, with the plain numbers of other sizes.

    Raises:
        Fault: what is remembered does not hold there.
    """
    at.check()
    return cast("T", _Replacing(at.unchecked).of(record))


def as_traced(record: T) -> T:
    """The same with the plain numbers that it has."""
    return cast("T", _Replacing(plain).of(record))


class _Replacing:
    """One walk through records; what stands in several is replaced once, what has no sizes stays."""

    def __init__(self, value: "Callable[[int], int]") -> None:
        self._value = value
        self._done: dict[int, tuple[object, object]] = {}
        """Records by their ids, which stay theirs while they are held here."""

    def of(self, record: object) -> object:
        if type(record) in KEPT:
            return record
        if isinstance(record, Size):
            return self._value(record)
        if id(record) not in self._done:
            self._done[id(record)] = record, self._inside(record)
        return self._done[id(record)][1]

    def _inside(self, record: object) -> object:
        if isinstance(record, tuple):
            old = cast("tuple[object, ...]", record)
            new = tuple(self.of(item) for item in old)
            return old if all(map(operator.is_, new, old)) else new
        if isinstance(record, TurnedLayers):  # layers of turns may differ at other sizes
            return self.of(tuple(record))
        if isinstance(record, Mapping):
            return {key: self.of(item) for key, item in cast("Mapping[object, object]", record).items()}
        if isinstance(record, Layer):
            changed = self._changed(record.__dict__)
            return record.model_copy(update=changed) if changed else record
        if is_dataclass(record) and not isinstance(record, type):
            changed = self._changed({name: getattr(record, name) for name in _fields(type(record))})
            return replace(record, **changed) if changed else record
        return record

    def _changed(self, values: "Mapping[str, object]") -> dict[str, object]:
        found = {name: self.of(item) for name, item in values.items()}
        return {name: item for name, item in found.items() if item is not values[name]}


@cache
def _fields(record: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(record))
