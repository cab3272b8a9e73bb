"""Many networks beside one another, and which of them no other one beats."""

from typing import TYPE_CHECKING

from archcalc.comparing.differences import TOTALS, number_in
from archcalc.errors import Fault
from archcalc.quantities.table import quantity
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.comparing.sides import Side
    from archcalc.quantities.table import Quantity

    _Good = tuple[tuple[bool, int], ...]
    """How good a network is in each quantity."""

SHOWN = ("params", "macs", "receptive_field", "depth", "memory")
"""What a row tells of a network."""
PARETO = ("params", "macs", "receptive_field")
"""By what networks beat one another, if nothing else is asked."""


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A network among others.

    Args:
        name: what it was asked by.
        found: the network.
        values: by quantity; None: not known.
        largest: its layer with most parameters, and these.
        best: no other network is at least as good in everything that is asked, and better in something.
    """

    name: str
    found: "Side"
    values: "Mapping[str, int | None]"
    largest: tuple[str, int] | None
    best: bool


def network_rows(
    networks: "Sequence[tuple[str, Side]]", sort: str | None = None, pareto: "Sequence[str]" = PARETO
) -> tuple[NetworkRow, ...]:
    """A row for each network.

    Args:
        networks: with what they are called.
        sort: a quantity, the smallest first, or with ``-`` before it the largest; None: as they are given.
        pareto: the quantities by which they are judged.

    Raises:
        Fault: there is no such quantity.
    """
    judged = [number_named(name) for name in pareto]
    if not judged:
        raise Fault("needs a quantity by which networks are judged", hint=f"such as {','.join(PARETO)}")
    down, key = (sort or "").startswith("-"), (sort or "").removeprefix("-")
    names = [*TOTALS, *pareto, *([key] if key else [])]
    asked = [number_named(name) for name in dict.fromkeys(names)]
    values = [{each.name: number_in(each, found) for each in asked} for _, found in networks]
    good = [tuple([_goodness(own, each) for each in judged]) for own in values]
    front = _unbeaten(good)
    made = [
        NetworkRow(name, found, own, _largest(found), mine in front)
        for (name, found), own, mine in zip(networks, values, good, strict=True)
    ]
    if key:
        made.sort(key=lambda row: _place(row.values[key], down=down))
    return tuple(made)


def number_named(name: str) -> "Quantity":
    """The quantity of this name, which is a number.

    Raises:
        Fault: there is none, or it is a shape.
    """
    found = quantity(name)
    if found.is_shape:
        raise Fault(f"{name} is a shape, and no number", hint=f"ask for {', '.join(PARETO)} ...")
    return found


def _place(value: int | None, *, down: bool) -> tuple[bool, int]:
    """What is not known comes last."""
    return value is None, 0 if value is None else -value if down else value


def _largest(found: "Side") -> tuple[str, int] | None:
    sizes = ((name, numbers.params) for name, numbers in found.numbers.items())
    name, most = max(sizes, key=lambda each: each[1], default=("", 0))
    return (name, most) if most else None


def _unbeaten(networks: "Sequence[_Good]") -> "frozenset[_Good]":
    """Those than which none is better in something and no worse in anything.

    Whatever beats one stands before it in their order, and so does one that nothing beats: with these alone
    each is compared.
    """
    front: list[_Good] = []
    for one in sorted(set(networks), reverse=True):
        if not any(all(its >= mine for its, mine in zip(other, one, strict=True)) for other in front):
            front.append(one)
    return frozenset(front)


def _goodness(values: "Mapping[str, int | None]", by: "Quantity") -> tuple[bool, int]:
    """How good a network is in something, the more the better; what is not known is the worst."""
    value = values[by.name]
    known = value if value is not None else 0
    return value is not None, known if by.better == "more" else -known
