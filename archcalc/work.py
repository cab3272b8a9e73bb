"""What a layer does, operation by operation: what is multiplied, calculated, added up, looked up, moved."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from archcalc.records import dataclass

Sort = Literal["product", "elementwise", "reduction", "gather", "move"]
"""What an operation does to numbers.

``product``: multiply two and add the result to a sum: a multiply-accumulate of the linear algebra.
``elementwise``: one sum, product, quotient, comparison, or value of a function (exp, a root, an activation as
a whole) for every number of a result. ``reduction``: take one more number into a sum or a maximum.
``gather``: fetch a number from a place that another number names. ``move``: copy a number to another place.
"""


@dataclass(frozen=True, slots=True)
class Work:
    """Some operations of one sort for one sample; what a mask hides is calculated too, and counts.

    Args:
        sort: what is done.
        count: how often; None where it is not known.
        weights: names of the weights that are used.
        name: the part of the layer that it belongs to; empty: it has none, or none of them does it.
        params: elements of the part's weights, stated with the first of its operations alone.
        masked: of ``count``, those for pairs of a query and a key that a mask hides.
        arriving: of the products, those that have what arrives for a factor; the other ones have what the
            layer itself made. None: all of them.
        first: of the products, those that have for a factor a state of zeros with which the layer begins.
        factors: of a product without weights, for each factor the inputs of which it is made; empty: what
            arrives is one input for each.
    """

    sort: Sort
    count: int | None
    weights: tuple[str, ...] = ()
    name: str = ""
    params: int = 0
    masked: int = 0
    arriving: int | None = None
    first: int = 0
    factors: tuple[tuple[int, ...], ...] = ()


Worked = tuple[Work, ...]
"""All that a layer does; those of one part stand together."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a layer that readers want apart: a gate of a recurrent layer, the queries of attention.

    The parts of a layer add up to its params and MACs.
    """

    params: int
    macs: int


def unmasked(work: Work) -> Work:
    """The same without what a mask hides: of these products no factor arrives, or all do."""
    return work if work.count is None else replace(work, count=work.count - work.masked)


def repeated_work(work: Worked, factor: int) -> Worked:
    """The same for so many places, with the same weights."""
    return tuple(
        replace(
            each,
            count=None if each.count is None else factor * each.count,
            masked=factor * each.masked,
            arriving=None if each.arriving is None else factor * each.arriving,
            first=factor * each.first,
        )
        for each in work
    )


def operations_of(work: Iterable[Work], *sorts: Sort) -> int | None:
    """Operations of these sorts together; None where those of one are not known."""
    total = 0
    for each in work:  # rules ask for this some fifty times a layer
        if each.sort in sorts:
            if each.count is None:
                return None
            total += each.count
    return total


def is_in_parts(work: Worked) -> bool:
    """Whether some operations belong to a part with a name."""
    for each in work:  # noqa: SIM110  it is asked of every layer: a generator takes twice as long
        if each.name:
            return True
    return False


def named_parts(work: Worked) -> Mapping[str, Part]:
    """The parts in the order of their first operations, each with its weights' elements and its products."""
    own: dict[str, list[Work]] = {}
    for each in work:
        if each.name:
            own.setdefault(each.name, []).append(each)
    return {
        name: Part(sum(each.params for each in some), operations_of(some, "product") or 0)
        for name, some in own.items()
    }
