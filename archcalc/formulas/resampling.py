"""Resampling of one axis: where an output falls between the input positions, and what it reads there.

Throughout: ``n`` input positions, ``m`` outputs, output o at the real position a o + b of the input. The
conventions are torch's, here in exact fractions.

Source: torch.nn.functional.interpolate.
"""

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DENOMINATORS = tuple(10**digits for digits in range(1, 17))

FEW = 2**26
"""Whole numbers below it have products that are exact in double precision."""
UNCOUNTED = 2.0**64
"""More positions than there are numbers for."""


def written_ratio(scale: float) -> Fraction:
    """The simplest fraction that is this floating point number: 0.1 is 1/10, 1.3333333333333333 is 4/3.

    A scale is meant as what was written, not as the binary number nearest to it: scaling by 0.1 takes every
    tenth position. torch, which divides by the binary number and rounds, gives that too.
    """
    simplest = (Fraction(scale).limit_denominator(most) for most in DENOMINATORS)
    return next((ratio for ratio in simplest if ratio and float(ratio) == scale), Fraction(scale))


def scaled(n: int, scale: float) -> int:
    """Positions of an axis scaled: floor(n scale), multiplied in double precision as torch does.

    A scale that is a fraction of few bits (2, 1.5, 0.25) loses none there, and so is whole arithmetic.
    """
    top, bottom = scale.as_integer_ratio()
    if top < FEW and bottom < FEW and n < FEW:
        return n * top // bottom
    return int(min(n * scale, UNCOUNTED))


def step(n: int, m: int) -> Fraction:
    """Input positions from one output to the next, pixels seen as areas: a = n / m."""
    return Fraction(n, m)


def corner_step(n: int, m: int) -> Fraction:
    """The same with ``align_corners``, the outer outputs on the outer inputs: a = (n - 1) / (m - 1)."""
    return Fraction(n - 1, m - 1) if m > 1 else Fraction(0)


def centre_offset(a: Fraction) -> Fraction:
    """Where output 0 falls with its centre kept, a (o + 1/2) - 1/2 at o = 0: b = (a - 1) / 2."""
    return (a - 1) / 2


def nearest_tap(below: int, rest: int) -> range:
    """The one position at or below the place: floor(a o + b)."""
    del rest
    return range(below, below + 1)


def linear_taps(below: int, rest: int) -> range:
    """The positions on both sides of the place, of which the upper one weighs 0 when the place is whole."""
    return range(below, below + (2 if rest else 1))


def cubic_taps(below: int, rest: int) -> range:
    """Two positions on each side of the place, of which all but one weigh 0 when it is whole.

    Source: Keys 1981.
    """
    return range(below - 1, below + 3) if rest else range(below, below + 1)


def fallen(a: Fraction, b: Fraction, count: int) -> "Iterator[tuple[int, int]]":
    """Where the first outputs fall: floor(a o + b), and the rest; 0: that is the place itself.

    In whole numbers over one denominator, for there may be many.
    """
    one = lcm(a.denominator, b.denominator)
    step, start = a.numerator * (one // a.denominator), b.numerator * (one // b.denominator)
    for output in range(count):
        yield divmod(step * output + start, one)
