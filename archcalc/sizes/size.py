"""The size that remembers: an int, so that all that calculates with ints runs on it unchanged.

CPython reads an int subclass without asking it in ``range``, indices, ``math.gcd``, arithmetic with a float
on the left, and the like. Who does that with a size writes ``int(size)`` there: on a plain int it is nothing,
on a size that remembers it notes that what follows holds at this value alone.
"""

import operator
import sys
from functools import partial
from typing import TYPE_CHECKING, cast

from archcalc.sizes import polynomials
from archcalc.sizes.polynomials import constant, minus, multiple_of, plus, product_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Self, SupportsIndex

    from archcalc.sizes.calls import Call
    from archcalc.sizes.polynomials import Polynomial
    from archcalc.sizes.tape import Tape

MAX_POWER = 16
"""Exponents that are followed."""
MAX_FLOAT = 2**53
"""Whole numbers up to here are floats too."""


class Size(int):
    """A number with its place on a tape.

    Args:
        value: the number.
        tape: where conditions are noted.
        polynomial: what it is at all sizes.
        sign: the operation that made it; empty for a size that was given.
        operands: what the operation was done with.
    """

    tape: "Tape"
    polynomial: "Polynomial"
    sign: str
    operands: tuple[int, ...]
    call: "Call | None"
    """The formula that did it."""

    def __new__(
        cls,
        value: int,
        tape: "Tape",
        polynomial: "Polynomial",
        sign: str = "",
        operands: "tuple[int, ...]" = (),
    ) -> "Self":
        """Also find the formula that calculates."""
        self = super().__new__(cls, value)
        self.tape, self.polynomial, self.sign, self.operands = tape, polynomial, sign, operands
        self.call = tape.calls.of(_caller()) if sign else None
        return self

    def __int__(self) -> int:
        """The plain number, at which alone what follows holds."""
        value = plain(self)
        self.tape.conditions.add("==", minus(self.polynomial, constant(value)))
        return value

    def __truediv__(self, other: int) -> float:
        return _ratio(self, other)

    def __rtruediv__(self, other: int) -> float:
        return _ratio(other, self)

    def __divmod__(self, other: int) -> tuple[int, int]:
        return self // other, self % other

    def __rdivmod__(self, other: int) -> tuple[int, int]:
        return other // self, other % self

    def __neg__(self) -> int:
        return cast("int", _followed("-", operator.neg, self))

    def __abs__(self) -> int:
        return -self if self < 0 else self

    def __round__(self, digits: "SupportsIndex | None" = None) -> int:
        return self if digits is None else round(int(self), digits)

    def __bool__(self) -> bool:
        return self != 0

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)


def _caller() -> "FrameType":
    """Who calculates or compares."""
    frame = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # it is seen in no other way
    while frame.f_globals is globals() and frame.f_back is not None:
        frame = frame.f_back
    return frame


def plain(value: int) -> int:
    """The number alone, without a condition: for what only looks at it."""
    return int.__int__(value)


def _ratio(top: object, bottom: object) -> float:
    """A ratio that is whole is followed, as the int that it is."""
    if not isinstance(top, int) or not isinstance(bottom, int):
        return cast("float", _at_values(_function("truediv"), top, bottom))
    if top % bottom == 0 and -MAX_FLOAT <= (whole := top // bottom) <= MAX_FLOAT:
        return whole
    return int(top) / int(bottom)


def _at_values(function: "Callable[..., object]", *operands: object) -> object:
    """What comes of plain numbers: operands that remember are taken at their values."""
    return function(*(int(each) if isinstance(each, Size) else each for each in operands))


def _polynomial(tape: "Tape", sign: str, *operands: int) -> "Polynomial":
    left, *rest = [each.polynomial if isinstance(each, Size) else constant(each) for each in operands]
    right = rest[0] if rest else ()
    asked = (sign if rest else "neg", left, right)
    known = tape.places.calculated.get(asked)
    tape.steps.take(1 if known is not None else max(1, len(left) * len(right)))
    if known is None:
        known = tape.places.calculated[asked] = _calculated(tape, sign, left, rest, operands)
    return known


def _calculated(
    tape: "Tape", sign: str, left: "Polynomial", rest: "list[Polynomial]", operands: tuple[int, ...]
) -> "Polynomial":
    right = rest[0] if rest else ()
    if sign == "**":
        return tape.places.power(left, plain(operands[1]))
    if sign in ("//", "%"):
        return tape.places.quotient(left, right) if sign == "//" else tape.places.remainder(left, right)
    return tape.places.short(
        plus(left, right)
        if sign == "+"
        else minus(left, right)
        if sign == "-" and rest
        else product_of(left, right)
        if sign == "*"
        else multiple_of(left, -1)
    )


def _followed(sign: str, function: "Callable[..., object]", *operands: object) -> object:
    """The result of an operation: a size that remembers it, or a number where it is one at all sizes."""
    tape: Tape | None = None
    for each in operands:
        if not isinstance(each, int):
            return _at_values(function, *operands)
        if isinstance(each, Size):
            if tape is not None and each.tape is not tape:
                return _at_values(function, *operands)
            tape = each.tape
    whole = cast("tuple[int, ...]", operands)
    if tape is None or (sign == "**" and (isinstance(whole[1], Size) or not 0 <= whole[1] <= MAX_POWER)):
        return _at_values(function, *operands)
    value = cast("int", function(*map(plain, whole)))
    if sign in ("//", "%") and isinstance(whole[1], Size):
        tape.conditions.add("!=", whole[1].polynomial)
    polynomial = _polynomial(tape, sign, *whole)
    if polynomials.value(polynomial) is not None:
        return value
    if len(whole) > 1:
        size, other = whole if isinstance(whole[0], Size) else whole[::-1]
        if not isinstance(other, Size) and cast("Size", size).polynomial == polynomial:
            return size  # nothing was added, or it was multiplied by 1
    return Size(value, tape, polynomial, sign, whole)


def _compared(function: "Callable[..., bool]", left: Size, right: object) -> bool:
    """The outcome of a comparison, of which note is taken."""
    if not isinstance(right, int):
        return bool(_at_values(function, left, right)) if isinstance(right, float) else NotImplemented
    if isinstance(right, Size) and right.tape is not left.tape:
        return bool(_at_values(function, left, right))
    other = right.polynomial if isinstance(right, Size) else constant(right)
    left.tape.steps.take(1)
    outcome = function(plain(left), plain(right))
    sign = function.__name__ if outcome else OPPOSITES[function.__name__]
    if left.tape.conditions.compare(sign, left.polynomial, other):
        call = left.tape.calls.of(_caller())
        if call is not None:
            call.cases.append((SIGNS[sign], left, right))
    return outcome


OPPOSITES = {"lt": "ge", "ge": "lt", "gt": "le", "le": "gt", "eq": "ne", "ne": "eq"}
SIGNS = {"lt": "<", "ge": ">=", "gt": ">", "le": "<=", "eq": "==", "ne": "!="}


def _function(name: str) -> "Callable[..., object]":
    """An operation as a function."""
    return cast("Callable[..., object]", getattr(operator, name))


def _operation(sign: str, function: "Callable[..., object]", *, turned: bool) -> "Callable[..., object]":
    def operate(size: Size, other: object, *modulus: int) -> object:
        if modulus:
            return _at_values(pow, size, other, *modulus)
        return _followed(sign, function, *((other, size) if turned else (size, other)))

    return operate


def _comparison(function: "Callable[..., bool]") -> "Callable[[Size, object], bool]":
    return lambda size, other: _compared(function, size, other)


def _read(name: str) -> "Callable[..., object]":
    """A method of int, asked of the plain number."""

    def read(size: Size, *others: object) -> object:
        return _at_values(cast("Callable[..., object]", getattr(int, name)), size, *others)

    return read


def _text(name: str) -> "Callable[..., str]":
    """A text of the number: what that means for who reads it, the tape decides."""

    def write(size: Size, *form: str) -> str:
        return size.tape.text(
            size, lambda number: cast("str", getattr(int, name)(number, *form)), (name, *form)
        )

    return write


def _itself(size: Size) -> Size:
    return size


FOLLOWED = {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%", "pow": "**"}
KEPT = ("__pos__", "__ceil__", "__floor__", "__trunc__", "conjugate")
"""What gives the number itself."""
READ = (
    *(f"__{turned}{name}__" for name in ("and", "or", "xor", "lshift", "rshift") for turned in ("", "r")),
    *("__invert__", "__float__", "__index__", "__hash__", "__getnewargs__"),
    *("bit_length", "bit_count", "to_bytes", "as_integer_ratio", "is_integer"),
)
"""What is not followed."""
for _name, _sign in FOLLOWED.items():
    setattr(Size, f"__{_name}__", _operation(_sign, _function(_name), turned=False))
    setattr(Size, f"__r{_name}__", _operation(_sign, _function(_name), turned=True))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Size, f"__{_name}__", _comparison(cast("Callable[..., bool]", _function(_name))))
for _name in KEPT:
    setattr(Size, _name, _itself)
for _name in filter(partial(hasattr, int), READ):  # some came with Python 3.12
    setattr(Size, _name, _read(_name))
for _name in ("__str__", "__repr__", "__format__"):
    setattr(Size, _name, _text(_name))
for _name in ("numerator", "real"):
    setattr(Size, _name, property(int))
