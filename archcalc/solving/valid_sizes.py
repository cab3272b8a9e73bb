"""The values that a network takes: congruences, from where on, exceptions, and what refuses others."""

from math import lcm
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Place, Problem, SpecError
from archcalc.records import dataclass
from archcalc.sizes.steps import StepCount, TooManySteps
from archcalc.solving.asking import FollowedAnswers
from archcalc.solving.congruences import periodic
from archcalc.solving.refusing import refusals
from archcalc.solving.varying import Varied, size_names, varied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.solving.asking import FollowedAnswer
    from archcalc.solving.refusing import Refusal
    from archcalc.solving.varying import GivenNetwork

MAX_READ = 8192
"""Values that are looked at where the conditions tell how many are enough."""
MAX_SEEN = 1024
"""Where they do not."""
MAX_ANSWERS = 100
"""Networks that are traced for it."""
FEWEST, MAX_EFFORT = 10, 1_200_000
"""Those that are traced however long they take, and steps that more may take: of Swin-T it is 1,160,000."""
MAX_STEPS = 800_000
"""Steps of all questions of one command together: of shipped networks up to 310,000, of Swin-B 560,000."""


@dataclass(frozen=True, slots=True)
class ValidSizes:
    """The values that something may take.

    Args:
        varied: what takes them.
        period: those from ``start`` on come again after it; None: there are none from there on.
        remainders: by the period, of those from ``start`` on.
        start: from here on they are told by their remainders.
        others: smaller ones.
        refused: reasons why others are none.
        read_off: whether it was read off the conditions of the network, and so holds for all values; if not,
            it was seen up to ``looked_at``.
        looked_at: values that were looked at one by one.
    """

    varied: Varied
    period: int | None
    remainders: tuple[int, ...]
    start: int
    others: tuple[int, ...]
    refused: "tuple[Refusal, ...]"
    read_off: bool
    looked_at: int

    @property
    def smallest(self) -> int | None:
        """The smallest valid value; None: there is none."""
        return next(self.first(1), None)

    def first(self, count: int) -> "Iterator[int]":
        """The smallest valid values."""
        found = 0
        for value in self.others:
            if found < count:
                found += 1
                yield value
        value = self.start
        while self.period is not None and found < count:
            if value % self.period in self.remainders:
                found += 1
                yield value
            value += 1

    def __contains__(self, value: int) -> bool:
        if value < self.start:
            return value in self.others
        return self.period is not None and value % self.period in self.remainders


def input_axes(network: "GivenNetwork") -> "tuple[Varied, ...]":
    """Every size of the inputs, and together those that are equal, or all positions behind the channels.

    Raises:
        Fault: no input has any.
    """
    found = list(size_names(network))
    if not found:
        names = ", ".join(network.model.spec.inputs)
        raise Fault(
            f"there is no size to ask for: {names} has no axes", hint="ask for a variable by its name"
        )
    for name in network.model.spec.inputs:
        equal: dict[int, list[int]] = {}
        shape = network.sizes(name)
        for axis, size in enumerate(shape):
            equal.setdefault(size, []).append(axis)
        together = [tuple(axes) for axes in equal.values() if len(axes) > 1]
        together += [tuple(range(1, len(shape)))] * (len(shape) > 2)  # noqa: PLR2004  channels and positions
        found += [",".join(f"{name}[{axis}]" for axis in axes) for axes in dict.fromkeys(together)]
    return tuple(varied(network, each) for each in found)


def all_valid_sizes(asked: "Iterable[Varied]", first: int = 1) -> list[ValidSizes]:
    """The values of each, from ``first`` on; together they may take so many steps.

    Raises:
        SpecError: the spec cannot be read, or its network is too large to be asked so often.
    """
    steps = StepCount(MAX_STEPS)
    return [valid_sizes(each, first, steps) for each in asked]


def valid_sizes(varied: Varied, first: int = 1, steps: StepCount | None = None) -> ValidSizes:
    """All values from ``first`` on at which there is a network.

    Args:
        varied: what takes the values.
        first: the smallest one.
        steps: what may be taken; None: ``MAX_STEPS``.

    Raises:
        SpecError: the spec cannot be read, or its network is too large to be asked so often.
    """
    steps = StepCount(MAX_STEPS) if steps is None else steps
    answers = FollowedAnswers(varied, {}, steps)
    try:
        return _looked_at(varied, answers, first)
    except TooManySteps:
        taken = f"to follow {varied} through the network takes {steps.taken:,} steps"
        hint = "ask for one size with --for, or make the network smaller: fewer layers, inputs or axes"
        file = varied.network.model.document.file
        fact = f"{taken}, at most {steps.most:,} are made"
        raise SpecError([Problem(Place(file), "", fact, hint)]) from None


def _looked_at(varied: Varied, answers: FollowedAnswers, first: int) -> ValidSizes:
    seen: dict[int, FollowedAnswer] = {}
    period, start, value = 1, first, first
    readable = True
    known: set[FollowedAnswer] = set()
    while value < first + (MAX_READ if readable else MAX_SEEN) and not answers.enough(
        MAX_ANSWERS, FEWEST, MAX_EFFORT
    ):
        answer, _ = answers.at(value)
        seen[value] = answer
        if answer not in known:
            known.add(answer)
            read = periodic(answer)
            readable &= read is not None
            if read is not None:
                period, start = lcm(period, read.period), max(start, read.start)
        value += 1
        # All remainders have been seen behind the last change of each answer: the same ones hold for ever.
        if readable and value >= start + period:
            break
    read_off = readable and value >= start + period
    taken = {at for at, answer in seen.items() if not answer.refused}
    return _told(varied, seen, taken, first, (period, start) if read_off else None)


def _told(
    varied: Varied,
    seen: "dict[int, FollowedAnswer]",
    taken: "set[int]",
    first: int,
    found: "tuple[int, int] | None",
) -> ValidSizes:
    refused = refusals(varied, ((at, answer) for at, answer in seen.items() if answer.refused))
    looked_at = len(seen)
    if found is None:
        period, start, remainders = _seen(seen, taken, first)
    else:
        period, start = found
        remainders = {at % period for at in range(start, start + period) if at in taken}
    if not remainders:
        return ValidSizes(
            varied, None, (), start, tuple(sorted(taken)), refused, found is not None, looked_at
        )
    period, remainders = _shortest(period, remainders)
    while start > first and ((start - 1) in taken) == ((start - 1) % period in remainders):
        start -= 1
    others = tuple(sorted(at for at in taken if at < start))
    start = next(at for at in range(start, start + period) if at % period in remainders)
    return ValidSizes(
        varied, period, tuple(sorted(remainders)), start, others, refused, found is not None, looked_at
    )


def _seen(seen: "dict[int, FollowedAnswer]", taken: "set[int]", first: int) -> "tuple[int, int, set[int]]":
    """A period that all larger values have that were looked at, where there is one; else no remainders."""
    last = max(seen)
    for period in range(1, (last - first) // 4 + 1):
        start = last
        while start - period >= first and ((start - period) in taken) == (start in taken):
            start -= 1
        if last - start >= (last - first) // 2 and any(at in taken for at in range(start, last + 1)):
            return period, start, {at % period for at in range(start, start + period) if at in taken}
    return 1, last + 1, set()


def _shortest(period: int, remainders: "set[int]") -> "tuple[int, set[int]]":
    """The shortest period after which the same remainders come again."""
    for shorter in range(1, period):
        if period % shorter == 0:
            folded = {each % shorter for each in remainders}
            if len(folded) * (period // shorter) == len(remainders):
                return shorter, folded
    return period, remainders
