"""The names of values in a forward: which are still to be read, and which may be given again."""

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


class _Given(NamedTuple):
    """When a name was given.

    Args:
        order: how many other names were given before it was first.
        first: the step that reads the value of this name last, of the value that is read no more first.
        last: of that which is read longest.
    """

    order: int
    first: int
    last: int


class Living:
    """Names with the last step that reads what has them; asked for steps that never go back.

    What is asked takes the time of the names that it is asked about, however many there are.
    """

    def __init__(self) -> None:
        self._given: dict[str, _Given] = {}
        self._numbered: list[tuple[int, int]] = []
        """Last step that reads it, and number: of the names ``y1`` and so on that are read."""
        self._free: list[int] = []
        self._next = 1

    def give(self, name: str, last: int) -> None:
        """A value has this name, and is read last by this step."""
        before = self._given.get(name, _Given(len(self._given), last, last))
        self._given[name] = _Given(before.order, min(before.first, last), max(before.last, last))

    def lives(self, name: str, step: int) -> bool:
        """Whether a value of this name is read behind a step."""
        given = self._given.get(name)
        return given is not None and given.last > step

    def ended(self, names: "Collection[str]", step: int) -> list[str]:
        """Those of the names of which a value is not read behind a step, as they were given."""
        known = {name: given for name in names if (given := self._given.get(name)) and given.first <= step}
        return sorted(known, key=lambda name: known[name].order)

    def number(self, step: int, blocked: "Callable[[str], bool]") -> str:
        """The first of ``y1``, ``y2`` ... that is not blocked; names that are read behind the step are."""
        while self._numbered and self._numbered[0][0] <= step:
            _, number = heappop(self._numbered)
            self._release(number, step)
        tried: list[int] = []
        while True:
            number = heappop(self._free) if self._free else self._next
            self._next += number == self._next
            tried.append(number)
            if not blocked(f"y{number}"):
                break
        for each in tried:
            self._release(each, step)
        return f"y{number}"

    def _release(self, number: int, step: int) -> None:
        """A number that may be given, or waits until it may be."""
        if self.lives(f"y{number}", step):
            heappush(self._numbered, (self._given[f"y{number}"].last, number))
        else:
            heappush(self._free, number)
