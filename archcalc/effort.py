"""How much work one network may take: counted in steps, so that the same text is always judged alike.

Layers are counted where they are made, but not what one of them takes to follow: its inputs, taps, phases and
positions. Whatever goes through these one by one says so here, before it begins. The budget grows with the
layers, as far as they could have been written one by one: a network is refused for what its layers are. Of
repeats there may be millions, and what takes each of their layers by itself says that too.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from archcalc.errors import Place, Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Sequence

    from archcalc.tracing import Trace, TracedLayer

STEPS = 3_000_000
"""Steps that any network may take: most of a second."""
EACH = 100
"""Further steps for each layer; the shipped networks take fewer than a hundred."""
LAYERS = 5_000
"""Layers that may be taken one by one where each takes a tenth of a ms, beside those that are written so."""
MODULES = 10_000
"""Layers that may be built as modules of torch, each of which takes a ms."""
P = ParamSpec("P")
R = TypeVar("R")


class Toll:
    """Steps that are counted, and never too many; ``paid`` holds what was made within it, and is kept."""

    def __init__(self) -> None:
        self.paid: set[Hashable] = set()
        self.taken: int = 0

    def take(self, steps: int) -> None:
        """Count so many more."""
        self.taken += steps

    def foresee(self, steps: int) -> None:
        """Ask for so many more, which are not taken yet."""


class Meter(Toll):
    """What is left of a budget.

    Args:
        trace: the network that it is for.
        steps: that any network may take.

    What its layers bring is counted when more is taken than any network may: few take so much.
    """

    def __init__(self, trace: "Trace", steps: int | None = None) -> None:
        super().__init__()
        self.trace = trace
        self._any = STEPS if steps is None else steps
        self._grown: dict[Hashable, list[int]] = {}
        """Steps that follow from sizes that remember, equal ones together: one sum is made of all of them."""

    def take(self, steps: int) -> None:
        """Take so many steps.

        Raises:
            SpecError: there are not so many left.
        """
        self.taken += steps if type(steps) is int else self._plain(steps)
        if (
            self.taken > self._any and self.taken > self.limit
        ):  # what lacks() asks; it is asked for each layer
            raise self.refusal()

    def _plain(self, steps: int) -> int:
        """The number of them; what they follow from is kept for the sum."""
        from archcalc.sizes.size import Size, plain

        if isinstance(steps, Size):
            self._grown.setdefault(steps.polynomial, []).append(steps)
        return plain(steps)

    @property
    def _at_all_sizes(self) -> int:
        """The steps that were taken, as a size that remembers where any of them are one."""
        return self.taken + sum(
            len(equal) * (equal[0] - int.__int__(equal[0])) for equal in self._grown.values()
        )

    def foresee(self, steps: int) -> None:
        """Refuse what is known to take so many steps or more.

        Raises:
            SpecError: there are not so many left.
        """
        if self.lacks(steps):
            raise self.refusal(steps)

    @cached_property
    def limit(self) -> int:
        """Steps that may be taken."""
        return self._any + EACH * min(len(self.trace.layers), at_most(self.trace))

    @property
    def left(self) -> int:
        """Steps that are left; fewer than none: too many were taken."""
        return self.limit - self.taken

    def lacks(self, more: int = 0) -> bool:
        """Whether there are not so many left; of no more, whether too many were taken."""
        steps = self._at_all_sizes + more
        return steps > self._any and steps > self.limit

    def refusal(self, more: int = 0) -> SpecError:
        """The error of a network that takes more; so many steps beside those that it has taken."""
        layers = len(self.trace.layers)
        fact = (
            f"to follow what its {layers:,} layers read takes {self._at_all_sizes + more:,} steps,"
            f" at most {self.limit:,} are made"
        )
        hint = "make kernels, strides, lists of inputs or the sizes of adaptive pools smaller, or the repeats"
        return _refused(self.trace.layers, self.trace.model, fact, hint)


def at_most(trace: "Trace", some: int | None = None) -> int:
    """How many layers may be taken one by one: some, and as many as there are entries in the text for them.

    A text may be long, and whoever writes it has made each of its layers; a repeat is written fast.

    Args:
        trace: the network.
        some: None: ``LAYERS``.
    """
    some = LAYERS if some is None else some
    return some if len(trace.layers) <= some else some + trace.entries


def _refused(layers: "Sequence[TracedLayer]", model: str, fact: str, hint: str) -> SpecError:
    return SpecError([Problem(Place(layers[0].place.file if layers else model), "", fact, hint)])


def one_by_one(trace: "Trace", doing: str, most: int | None = None, *, taken: int | None = None) -> None:
    """Refuse a network of so many layers that what takes each by itself would take minutes, and gigabytes.

    Args:
        trace: the network.
        doing: what would take them, as a subject: ``the signal``.
        most: layers that are taken; None: as many as ``at_most`` says.
        taken: those of its layers that would be, where these are not all.

    Raises:
        SpecError: there are more layers.
    """
    found = len(trace.layers) if taken is None else taken
    _few_enough(trace.layers, found, doing, at_most(trace) if most is None else min(most, LAYERS))


def few_enough(layers: "Sequence[TracedLayer]", doing: str) -> None:
    """The same of the layers of a network that is not known yet."""
    from archcalc.tracing.times import entries_of

    if len(layers) > LAYERS:
        _few_enough(layers, len(layers), doing, LAYERS + entries_of(layers))


def _few_enough(layers: "Sequence[TracedLayer]", taken: int, doing: str, most: int) -> None:
    if taken > most:
        fact = f"{doing} takes its {taken:,} layers one by one, at most {most:,}"
        raise _refused(layers, "", fact, "repeat less: what a few turns of a repeat show holds for all")


_meter: "ContextVar[Toll | None]" = ContextVar("_meter", default=None)


@contextmanager
def effort(trace: "Trace") -> "Generator[None]":
    """What is done here has one budget; within another one it is a part of that."""
    around = _meter.get()
    if isinstance(around, Meter):
        yield
        return
    meter = Meter(trace)
    try:
        with metered(meter):
            yield
    finally:
        meter.lacks()  # at sizes that remember it is noted whether that is too much, once for all steps
        if around is not None:
            around.take(meter.taken)


@contextmanager
def metered(meter: Toll) -> "Generator[None]":
    """What is done here is counted here and takes of this budget, whatever is around it."""
    before = _meter.set(meter)
    try:
        yield
    finally:
        _meter.reset(before)


def with_a_budget(work: "Callable[Concatenate[Trace, P], R]") -> "Callable[Concatenate[Trace, P], R]":
    """A function of a trace, with a budget."""

    @wraps(work)
    def budgeted(trace: "Trace", /, *arguments: P.args, **options: P.kwargs) -> R:
        with effort(trace):
            return work(trace, *arguments, **options)

    return budgeted


def spend(steps: int) -> None:
    """Take so many steps of the budget, where there is one.

    Raises:
        SpecError: there are not so many left.
    """
    meter = _meter.get()
    if meter is not None:
        meter.take(steps)


def note(steps: int) -> None:
    """Count so many steps where something is counted, and refuse nothing: they have a limit of their own."""
    meter = _meter.get()
    if meter is not None:
        meter.taken += steps


def foresee(steps: int) -> None:
    """Refuse at once what is known to take so many steps or more; each is still to be paid when it is made.

    Raises:
        SpecError: there are not so many left. They are, for what takes fewer.
    """
    meter = _meter.get()
    if meter is not None:
        meter.foresee(steps)


def spend_once(what: "Hashable", steps: int) -> None:
    """The same for what is made once and kept: within one budget only the first one who asks for it pays.

    What other networks of this process have made before counts too, so that nothing depends on it.
    """
    meter = _meter.get()
    if meter is not None:
        spend(0 if what in meter.paid else steps)
        meter.paid.add(what)
