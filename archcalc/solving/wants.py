"""What is wanted of a network: ``params=1M``, ``macs<=2G``, ``output_shape=64,7,7``, ``output=112``."""

import re
from fractions import Fraction
from itertools import combinations
from math import floor, inf
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from archcalc.errors import Fault
from archcalc.quantities.table import Quantity, quantity
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.quantities.table import Measurement
    from archcalc.solving.asking import Figures

WantSign = Literal["=", "<=", ">=", "<", ">"]
Side: TypeAlias = int | None
"""-1: less than what is wanted, 0: equal, 1: more; None: neither, or there is no number."""
WRITTEN = re.compile(r"\s*(\w+)\s*(?:\[\s*(\d{1,3})\s*\])?\s*(<=|>=|==|=|<|>)\s*(.+?)\s*", re.DOTALL)
AGAIN = re.compile(r"\s+and\s+|;")
KEPT: "Mapping[WantSign, tuple[int, ...]]" = {"=": (0,), "<=": (-1, 0), ">=": (0, 1), "<": (-1,), ">": (1,)}
"""WantSign -> the sides that it allows."""
SHORT = {
    "output": "output_shape",
    "shape": "output_shape",
    "field": "receptive_field",
    "rf": "receptive_field",
}
"""Other words for quantities."""


@dataclass(frozen=True, slots=True)
class Want:
    """One thing that is wanted.

    Args:
        quantity: of the network.
        sign: ``=`` wants what comes nearest.
        value: a number, or the sizes of a shape, None for those that do not matter.
        axis: of a shape, where one of its sizes is wanted.
        written: as a person has it.
    """

    quantity: Quantity
    sign: WantSign
    value: "Fraction | tuple[int | None, ...]"
    axis: int | None = None
    written: str = ""

    def __str__(self) -> str:
        return self.written

    def side(self, figures: "Figures") -> Side:
        """On which side of what is wanted a network is."""
        measured = self.figure(figures)
        if measured is None:
            return None
        if isinstance(self.value, Fraction):
            return _side(measured, self.value) if isinstance(measured, int) else None
        wanted = self._sizes(measured) if isinstance(measured, tuple) else None
        if wanted is None or not isinstance(measured, tuple):
            return None
        sides = {_side(size, Fraction(each)) for size, each in zip(measured, wanted, strict=True) if each}
        both = {-1, 1} <= sides
        return None if both else min(sides, default=0) or max(sides, default=0)

    def away(self, figures: "Figures") -> float:
        """How far a network is from what is wanted, as a part of it; of a shape added up over its axes."""
        measured = self.figure(figures)
        if isinstance(measured, int) and isinstance(self.value, Fraction):
            return float(abs(measured - self.value) / max(self.value, Fraction(1)))
        wanted = self._sizes(measured) if isinstance(measured, tuple) else None
        if wanted is None or not isinstance(measured, tuple):
            return inf
        return sum(abs(size - each) / each for size, each in zip(measured, wanted, strict=True) if each)

    def kept(self, figures: "Figures") -> bool:
        """Whether a network has it."""
        return self.side(figures) in KEPT[self.sign]

    def figure(self, figures: "Figures") -> "Measurement":
        """What is compared with the wanted value: a number, or a shape."""
        measured = figures.get(self.quantity.name)
        if self.axis is None or not isinstance(measured, tuple):
            return measured
        return measured[self.axis] if self.axis < len(measured) else None

    def _sizes(self, measured: tuple[int, ...]) -> tuple[int | None, ...] | None:
        """What is wanted of every axis: without the first size all positions, one size for all of them."""
        value = cast("tuple[int | None, ...]", self.value)
        positions = len(measured) - 1
        if len(value) == 1 and positions:
            return (None, *value * positions)
        if len(value) == positions:
            return (None, *value)
        return value if len(value) == len(measured) else None


def _side(number: int | Fraction, wanted: Fraction) -> int:
    return (number > wanted) - (number < wanted)


def wants(written: "Iterable[str]") -> tuple[Want, ...]:
    """What is wanted, each on its own or several with ``and`` between them.

    Raises:
        Fault: it cannot be read, there is no such quantity, or nothing can have all of it.
    """
    found = tuple(_want(part) for text in written for part in AGAIN.split(text) if part.strip())
    if not found:
        raise Fault("nothing is wanted", hint="say what: --want params=1M")
    for one, other in combinations(found, 2):
        if one.quantity is other.quantity and one.axis == other.axis and _contradict(one, other):
            raise Fault(f"nothing has both {one} and {other}", hint="leave one of them out")
    return found


def _want(text: str) -> Want:
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise Fault(f"needs QUANTITY=NUMBER, or with <= >= < >, got {text.strip()!r}", hint="as in params=1M")
    name, axis, sign, value = match.groups()
    known = quantity(SHORT.get(name, name))
    if axis is not None and not known.is_shape:
        raise Fault(
            f"{known.name} is one number, and has no [{axis}]", hint=f"write {known.name}{sign}{value}"
        )
    place = None if axis is None else int(axis)
    wanted = _shape(known, value) if known.is_shape and place is None else _number(known, value)
    said = f"{known.name}{'' if place is None else f'[{place}]'}{sign.replace('==', '=')}{value}"
    return Want(known, cast("WantSign", sign.replace("==", "=")), wanted, place, said)


def _number(known: Quantity, text: str) -> Fraction:
    from archcalc.quantities.numbers import number_of

    found = number_of(text.replace(",", "").replace("_", ""))
    if found is None:
        raise Fault(f"{known.name} needs a number such as 12M, 1.9G or 64KiB, got {text!r}")
    return found


def _shape(known: Quantity, text: str) -> tuple[int | None, ...]:
    parts = re.split(r"[,x]", text.strip().strip("[]()"))
    sizes = [None if part.strip() in ("*", "?", "N") else part.strip() for part in parts]
    if not any(sizes) or not all(size is None or re.fullmatch(r"0*[1-9]\d{0,14}", size) for size in sizes):
        raise Fault(
            f"{known.name} needs sizes such as 64,7,7, or *,7,7 where one does not matter, got {text!r}"
        )
    return tuple(None if size is None else int(size) for size in sizes)


def _contradict(one: Want, other: Want) -> bool:
    """Whether no number has both; what is counted is whole."""
    if isinstance(one.value, Fraction) and isinstance(other.value, Fraction):
        ends = (one.value, other.value)
        tried = {Fraction(floor(end) + step) for end in ends for step in (-1, 0, 1)}
        tried |= {end for end, want in zip(ends, (one, other), strict=True) if want.sign == "="}
        return not any(_has(one, one.value, at) and _has(other, other.value, at) for at in tried)
    if isinstance(one.value, Fraction) or isinstance(other.value, Fraction):
        return False
    pairs = tuple(zip(one.value, other.value, strict=False))
    same = all(None in pair or pair[0] == pair[1] for pair in pairs)
    return one.sign == other.sign == "=" and len(one.value) == len(other.value) and not same


def _has(want: Want, value: Fraction, number: Fraction) -> bool:
    return _side(number, value) in KEPT[want.sign]
