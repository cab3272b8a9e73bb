"""Why a network refuses values: the first problem of a trace at one of them, told once for all like it."""

import re
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Place, Problem, SpecError
from archcalc.quantities.measuring import Measuring
from archcalc.records import dataclass
from archcalc.sweeping.asking import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.quantities.table import Quantity
    from archcalc.solving.asking import FollowedAnswer
    from archcalc.solving.varying import Varied

OTHERS = re.compile(r" \(and \d+ more\)$")
"""What is refused besides, for the most part because of the first."""
DIGITS = re.compile(r"\d+")
MAX_REFUSALS = 4
"""Reasons that are told."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Values that are refused for one reason.

    Args:
        values: all of them that were looked at, rising.
        reason: why the first one is refused.
    """

    values: tuple[int, ...]
    reason: str


def refusals(
    varied: "Varied",
    refused: "Iterable[tuple[int, FollowedAnswer]]",
    quantities: "Mapping[str, Quantity] | None" = None,
) -> tuple[Refusal, ...]:
    """The reasons for which values are refused, each traced anew for its first value.

    Args:
        varied: what takes the values.
        refused: values with the answers that refuse them.
        quantities: what was asked of each, which can be a reason as well.

    Returns:
        Of all reasons those that most values are refused for, in the order of their values.
    """
    groups: dict[str, dict[int, FollowedAnswer]] = {}
    for value, answer in refused:
        groups.setdefault(DIGITS.sub("#", answer.reason), {})[value] = answer
    alike: dict[str, tuple[list[int], str]] = {}
    largest = sorted(groups.values(), key=len, reverse=True)
    for values in largest[: 4 * MAX_REFUSALS]:
        first = min(values)
        reason = why_refused(varied, first, values[first], quantities)
        known = alike.setdefault(DIGITS.sub("#", reason), ([], reason))
        known[0].extend(values)
        if first == min(known[0]):
            alike[DIGITS.sub("#", reason)] = (known[0], reason)
    most = sorted(alike.values(), key=lambda each: -len(each[0]))[:MAX_REFUSALS]
    found = (Refusal(tuple(sorted(values)), reason) for values, reason in most)
    return tuple(sorted(found, key=lambda each: each.values))


def why_refused(
    varied: "Varied",
    value: int,
    answer: "FollowedAnswer",
    quantities: "Mapping[str, Quantity] | None" = None,
) -> str:
    """The first problem of a network at a value that it refuses, in a line.

    Raises:
        SpecError: it does not refuse it, but with sizes that remember it is too much.
    """
    try:
        network = Measuring(varied.traced(value))
        for each in (quantities or {}).values():
            each.of(network)
    except (SpecError, Fault) as error:
        return OTHERS.sub("", reason_of(error))
    fact = f"a trace in which {varied} {value} is followed is refused: {answer.reason}"
    place = Place(varied.network.model.document.file)
    raise SpecError([Problem(place, "", fact, "the network itself is not: repeat less, or give the value")])
