"""Where an answer holds, read off the conditions of its tape: the remainders, and from which value on.

Behind ``n = period * q + remainder`` every quotient and remainder by a number that divides the period is a
polynomial in ``q``, and so is every condition; a polynomial keeps its sign beyond its largest root.
"""

from math import gcd, lcm
from typing import TYPE_CHECKING

from archcalc.records import dataclass
from archcalc.sizes.places import Divided

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.sizes.polynomials import Polynomial
    from archcalc.solving.asking import FollowedAnswer

    InTurns = tuple[int, ...]
    """A polynomial in the number of periods, from its constant up."""

MAX_PERIOD_READ = 2048
"""Of remainders that are looked at one by one."""
LARGEST_READ = 2**13
"""Values up to which it is read off: what changes beyond, as at limits of a spec's numbers, is left out."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """Where an answer holds far enough out.

    Args:
        period: the remainders repeat after it.
        start: from this value on it is so.
    """

    period: int
    start: int


class _Unread(Exception):  # noqa: N818  caught here, and no error
    """A condition is no polynomial in the periods; ``factor``: perhaps it is with a period so much longer."""

    def __init__(self, factor: int = 0) -> None:
        super().__init__()
        self.factor = factor


def periodic(answer: "FollowedAnswer") -> Periodic | None:
    """From where on an answer holds by remainders alone; None: that cannot be read off its conditions."""
    low, high = answer.bounds
    if high < LARGEST_READ:
        return Periodic(1, int(high) + 1)
    period = lcm(1, *_divisors(answer))
    while period <= MAX_PERIOD_READ:
        try:
            starts = [_settled(answer, period, remainder) for remainder in range(period)]
        except _Unread as unread:
            if not unread.factor:
                return None
            period *= unread.factor
            continue
        return Periodic(period, max(*starts, int(max(low, 0))))
    return None


def _divisors(answer: "FollowedAnswer") -> "list[int]":
    places = (answer.tape.places[index] for index in answer.places)
    bottoms = (place.bottom for place in places if isinstance(place, Divided))
    return [bottom[0][1] for bottom in bottoms if len(bottom) == 1 and bottom[0][0] == ()]


def _settled(answer: "FollowedAnswer", period: int, remainder: int) -> int:
    """From which value on no condition changes any more, of those with this remainder."""
    turns: dict[int, InTurns] = {}
    most, last = LARGEST_READ // period, 0
    for index in answer.places:
        place = answer.tape.places[index]
        if not isinstance(place, Divided):
            turns[index] = (remainder, period)
            continue
        top, bottom = _put_in(place.top, turns), _put_in(place.bottom, turns)
        if len(top) == 1 and top[0] >= 0 and len(bottom) > 1 and bottom[-1] > 0:
            # A number by one that grows: where that is larger, the quotient is 0, and all is left over.
            last = max(last, _last_change((bottom[0] - top[0] - 1, *bottom[1:]), most))
            turns[index] = top if place.remainder else (0,)
        else:
            turns[index] = _divided(top, bottom, remainder=place.remainder)
    last = max((last, *(_last_change(_put_in(each, turns), most) for _, each in answer.conditions)))
    return period * last + remainder


def _divided(top: "InTurns", bottom: "InTurns", *, remainder: bool) -> "InTurns":
    number = bottom[0] if len(bottom) == 1 else 0
    if number < 1:
        raise _Unread
    rest = gcd(number, *top[1:])
    if len(top) > 1 and rest != number:
        raise _Unread(number // rest)
    if remainder:
        return tuple(each % number for each in top[:1])
    return tuple(each // number for each in top)


def _put_in(polynomial: "Polynomial", turns: "dict[int, InTurns]") -> "InTurns":
    found: list[int] = [0]
    for product, coefficient in polynomial:
        term = [coefficient]
        for index in product:
            term = _times(term, turns[index])
        found += [0] * (len(term) - len(found))
        for power, each in enumerate(term):
            found[power] += each
    while len(found) > 1 and not found[-1]:
        found.pop()
    return tuple(found)


def _times(one: "Sequence[int]", other: "Sequence[int]") -> "list[int]":
    found = [0] * (len(one) + len(other) - 1)
    for low, left in enumerate(one):
        for high, right in enumerate(other):
            found[low + high] += left * right
    return found


def _last_change(turns: "InTurns", most: int) -> int:
    """The number of periods from which on a polynomial keeps its sign: behind all roots up to ``most``."""
    if len(turns) == 1 or sum(abs(each) * most**power for power, each in enumerate(turns) if power) < abs(
        turns[0]
    ):
        return 0
    if len(turns) == 2:  # noqa: PLR2004  a straight line has one root
        return max(0, -turns[0] // turns[1] + 1)
    largest = max(map(abs, turns[:-1]))  # Cauchy's bound: no root is larger than 1 + largest / leading
    return largest // abs(turns[-1]) + 2
