"""What stands under full names, of which those within runs are made when they are asked for."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, overload

from archcalc.lookup import ByName, no_layer
from archcalc.tracing.runs import TurnedLayers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.tracing.records import TracedLayer
    from archcalc.tracing.runs import InRun, Run, Runs

T = TypeVar("T")
D = TypeVar("D")
MAX_KNOWN = 10_000
"""Names within runs of which is kept what stands under them: a graph is followed by the same ones."""


class InRuns(Mapping[str, T]):
    """What stands under full names, of which those within runs are made when they are asked for.

    Args:
        own: what stands outside of runs.
        runs: of the network.
        one: what a name within a run stands for; None: nothing.
        every: all of it, in order.
        missing: what is raised for a name that is not known.
    """

    def __init__(
        self,
        own: Mapping[str, T],
        runs: "Runs",
        one: "Callable[[InRun], T | None]",
        every: "Callable[[], Mapping[str, T]]",
        missing: "Callable[[str], Exception]" = KeyError,
    ) -> None:
        self.own, self._runs, self._one, self._every, self._missing = own, runs, one, every, missing
        self._known: dict[str, T | None] = {}

    @cached_property
    def _whole(self) -> Mapping[str, T]:
        return self._every()

    def _found(self, name: object) -> T | None:
        if not isinstance(name, str):
            return None
        if name in self.own:
            return self.own[name]
        if name in self._known:
            return self._known[name]
        place = self._runs.find(name)
        found = None if place is None else self._one(place)
        if len(self._known) < MAX_KNOWN:
            self._known[name] = found
        return found

    def __getitem__(self, name: str) -> T:
        found = self._found(name)
        if found is None:
            raise self._missing(name)
        return found

    def __contains__(self, name: object) -> bool:
        return self._found(name) is not None

    @overload
    def get(self, name: str, /) -> T | None: ...
    @overload
    def get(self, name: str, /, default: T) -> T: ...
    @overload
    def get(self, name: str, /, default: D) -> T | D: ...
    def get(self, name: str, /, default: object = None) -> object:
        """What stands under a name, or the default; a name that is not known is not told."""
        found = self._found(name)
        return default if found is None else found

    def __iter__(self) -> "Iterator[str]":
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)

    def __repr__(self) -> str:
        """How many there are."""
        return f"<{len(self):,} names>"


def own_of(found: Mapping[str, T]) -> Mapping[str, T]:
    """What stands under the names of layers that are not within runs; none of those within is tied."""
    return found.own if isinstance(found, InRuns) else found


def by_layer(
    layers: "Sequence[TracedLayer]", own: Mapping[str, T], within: "Callable[[Run, int, int], T | None]"
) -> Mapping[str, T]:
    """What belongs to layers, by their full names.

    Args:
        layers: of a network.
        own: name of a layer outside of runs -> what belongs to it.
        within: what belongs to the layer at a place of a turn of a run; None: nothing.
    """
    if not isinstance(layers, TurnedLayers):
        return ByName(own)

    def one(found: "InRun") -> T | None:
        at = found.run.places.get(found.below)
        return None if at is None else within(found.run, at, found.turn)

    def every() -> Mapping[str, T]:
        each = ((layer.name, known.get(layer.name)) for layer in layers)
        return {name: found for name, found in each if found is not None}

    known = InRuns(own, layers.runs, one, every, lambda name: no_layer(name, known))
    return known
