"""Values tried one by one, or where nearly each makes another network by doubled steps and halving."""

from itertools import count
from math import floor
from typing import TYPE_CHECKING

from archcalc.formulas.rounding import middle
from archcalc.quantities.table import measured
from archcalc.solving.asking import FollowedAnswers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.quantities.table import Quantity
    from archcalc.solving.asking import Figures, FollowedAnswer
    from archcalc.solving.varying import Varied
    from archcalc.solving.wants import Want

MAX_VALUES = 20_000
"""Of a range in which every value is asked."""
FIRST = 16
"""Networks that are traced before it is asked whether nearly every value is another one."""
MAX_TRACES = 200
"""Networks that are traced in all."""
FEWEST = 30
"""Networks that are traced however long they take: halving ends behind so many."""
REFUSED = 10
"""The same, where none of them is valid."""
BEHIND = 2
"""Networks that are traced for a valid value close behind one that is refused."""
MAX_EFFORT = 700_000
"""Steps that more may take."""
TURNS = 8
"""In which what lies between two values is guessed by a straight line, before it is halved."""


class Tried:
    """Values of a range that were tried, with their figures.

    Args:
        varied: what takes the values.
        wanted: what is asked for.
        values: those to try, rising.
    """

    def __init__(self, varied: "Varied", wanted: "Sequence[Want]", values: "Sequence[int]") -> None:
        self.varied, self.values = varied, values
        self.quantities: dict[str, Quantity] = {want.quantity.name: want.quantity for want in wanted}
        # An analysis pins what it cannot follow; what others say shall not be pinned with it.
        by_analysis: dict[str, dict[str, Quantity]] = {}
        for name, each in self.quantities.items():
            by_analysis.setdefault(each.analysis, {})[name] = each
        self._answers = [FollowedAnswers(varied, each) for each in by_analysis.values()]
        self.figures: dict[int, Figures | None] = {}
        self._refused: dict[int, FollowedAnswer] = {}
        self.all = False
        """Whether every value of the range was tried."""

    @property
    def traces(self) -> int:
        """Networks that were traced."""
        return sum(answers.asked for answers in self._answers)

    @property
    def long(self) -> bool:
        """Whether what was done took long."""
        return sum(answers.effort.taken for answers in self._answers) > MAX_EFFORT

    @property
    def enough(self) -> bool:
        """Whether no more are to be traced."""
        most = MAX_TRACES // len(self._answers)
        fewest = FEWEST if any(self.figures.values()) else REFUSED
        effort = MAX_EFFORT // len(self._answers)
        return any(answers.enough(most, fewest, effort) for answers in self._answers)

    def at(self, value: int) -> "Figures | None":
        """The figures at a value; None: it is refused."""
        if value not in self.figures:
            self.figures[value] = self._at(value)
        return self.figures[value]

    def _at(self, value: int) -> "Figures | None":
        found: dict[str, object] = {}
        for answers in self._answers:
            answer, figures = answers.at(value)
            if figures is None:
                self._refused[value] = answer
                return None
            found.update(figures)
        return found  # type: ignore[return-value]  # joined of figures

    def refused(self, first: int, last: int) -> "Iterator[tuple[int, FollowedAnswer]]":
        """Values from first to last that were tried and are refused."""
        yield from ((at, self._refused[at]) for at in sorted(self._refused) if first <= at <= last)

    def valid(self) -> list[int]:
        """Values that were tried and are none that is refused, rising."""
        return sorted(value for value, figures in self.figures.items() if figures is not None)

    def afresh(self, value: int) -> "Figures":
        """The figures of a plain trace at a value.

        Raises:
            AssertionError: they are others than those that were followed.
        """
        found = measured(self.varied.traced(value), self.quantities)
        if found != self.at(value):
            raise AssertionError(f"{self.varied} {value}: {self.at(value)} was followed, {found} is traced")
        return found


def tried(varied: "Varied", wanted: "Sequence[Want]", values: "Sequence[int]") -> Tried:
    """Try values: all, or where nearly each is a network of its own those that halving asks."""
    found = Tried(varied, wanted, values)
    if len(values) <= MAX_VALUES and _every(found):
        found.all = True
        return found
    for want in wanted:
        _halve(found, want)
    return found


def _every(found: Tried) -> bool:
    """Try all values; whether that could be done with few traces."""
    for number, value in enumerate(found.values, 1):
        found.at(value)
        many = found.traces > FIRST and 3 * found.traces > number
        if (many and len(found.values) > FIRST) or found.enough or found.long:
            return number == len(found.values)
    return True


def _halve(found: Tried, want: "Want") -> None:
    """Go from the smallest value in doubled steps until the side changes, then narrow what lies between."""
    last = len(found.values) - 1
    low = _next(found, 0, last + 1, 1)
    if low is None:
        return
    side, step, high = _side(found, want, low), 1, low
    while _side(found, want, high) == side:
        low = high
        further = _further(found, high, min(high + step, last))
        if further is None or further <= high or found.enough:
            return
        high, step = further, 2 * step
    for turn in count():
        middle = _between(found, want, low, high) if turn < TURNS else (low + high) // 2
        inner = _next(found, middle, high, 1)
        inner = _next(found, middle - 1, low, -1) if inner is None else inner
        if inner is None or found.enough:
            return
        low, high = (inner, high) if _side(found, want, inner) == side else (low, inner)


def _between(found: Tried, want: "Want", low: int, high: int) -> int:
    """The place between two, both left out if it can be, at which a straight line has what is wanted."""
    first, other = (want.figure(found.at(found.values[at]) or {}) for at in (low, high))
    if not isinstance(first, int) or not isinstance(other, int) or isinstance(want.value, tuple):
        return middle(low, high)
    if first == other:
        return middle(low, high)
    place = low + floor((high - low) * (want.value - first) / (other - first))
    return max(low + 1, min(high - 1, place))


def _further(found: Tried, valid: int, aimed: int) -> int | None:
    """A place beyond a valid one: that which is aimed at, or close behind it, else the last one before it."""
    further = _next(found, aimed, len(found.values), 1, BEHIND)
    if further is not None:
        return further
    low, high = valid, aimed
    while high - low > 1 and not found.enough:
        middle = (low + high) // 2
        inner = _next(found, middle, high, 1, BEHIND)
        low, high = (low, middle) if inner is None else (inner, high)
    if low > valid:
        return low
    further = _next(found, aimed, len(found.values), 1)
    return _next(found, len(found.values) - 1, valid, -1) if further is None else further


def _next(found: Tried, index: int, end: int, step: int, traces: int = MAX_TRACES) -> int | None:
    """The next place of the range, the end left out, whose value is not refused, found by so many traces."""
    begun = found.traces
    for at in range(index, end, step):
        if found.at(found.values[at]) is not None:
            return at
        if found.enough or found.traces - begun > traces:
            return None
    return None


def _side(found: Tried, want: "Want", index: int) -> int | None:
    figures = found.at(found.values[index])
    return None if figures is None else want.side(figures)
