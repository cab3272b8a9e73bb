"""What a difference must not be: ``params > +5%``, ``macs > +100M``, ``memory > 24MiB``."""

import re
from fractions import Fraction
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING

from archcalc.comparing.rows import number_named
from archcalc.errors import Fault
from archcalc.quantities.numbers import number_of
from archcalc.quantities.table import Quantity
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.comparing.differences import NetworkDifference, Total

FORM = "write QUANTITY > LIMIT: 'params > +5%', 'macs > +100M', 'memory > 24MiB'"
CONDITION = re.compile(r"\s*(\w+)\s*(<=|>=|==|<|>)\s*([+-]?)\s*(\d{1,18}(?:\.\d{1,18})?)\s*([A-Za-z]*|%)\s*")
COMPARISONS = {"<=": le, ">=": ge, "==": eq, "<": lt, ">": gt}


@dataclass(frozen=True, slots=True)
class Condition:
    """What is not to come true.

    Args:
        text: as it is written.
        quantity: that it is about.
        comparison: with the limit.
        limit: of the second network's number; with a sign of the growth, or of its share.
        growth: the limit is one of the growth.
        share: it is one of the share by which it grows: 1/20 is 5 %.
    """

    text: str
    quantity: Quantity
    comparison: str
    limit: Fraction
    growth: bool
    share: bool

    def holds(self, total: "Total") -> bool:
        """Whether it has come true.

        Raises:
            Fault: one of its numbers is not known.
        """
        value = self._value(total)
        return bool(COMPARISONS[self.comparison](value, self.limit))

    def _value(self, total: "Total") -> Fraction:
        if total.after is None or (self.growth and total.before is None):
            raise Fault(f"{self.quantity.name} is not known, so that {self.text!r} cannot be judged")
        if not self.growth:
            return Fraction(total.after)
        grown = Fraction(total.after - (total.before or 0))
        # Of nothing there is no share: any growth is more than all of them.
        return (grown / total.before if total.before else grown * 10**18) if self.share else grown


def parsed_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        Fault: it is none, or about nothing that is known.
    """
    match = CONDITION.fullmatch(text)
    if match is None:
        raise Fault(f"{text!r} is no condition", hint=FORM)
    name, comparison, sign, number, unit = match.groups()
    about = number_named(name)
    limit = Fraction(number) / 100 if unit == "%" else number_of(number + unit)
    if limit is None:
        raise Fault(f"{number + unit!r} is no number", hint="units are K, M, G, T and KB, KiB, MiB, GiB ...")
    if unit == "%" and not sign:
        raise Fault(
            f"{text!r} is a share of nothing", hint=f"with a sign it is one of the growth: +{number}%"
        )
    shown = f"{name} {comparison} {sign}{number}{unit}"
    return Condition(shown, about, comparison, -limit if sign == "-" else limit, bool(sign), unit == "%")


def come_true(
    conditions: "Sequence[Condition]", found: "NetworkDifference"
) -> "list[tuple[Condition, Total]]":
    """The conditions that have come true, with both numbers.

    Raises:
        Fault: a number is not known.
    """
    told = ((condition, found.total(condition.quantity)) for condition in conditions)
    return [(condition, total) for condition, total in told if condition.holds(total)]
