"""How much work one network may take: counted in steps, so that the same text is always judged alike.

Layers are counted where they are made, but not what one of them takes to follow: its inputs, taps, phases and
positions. Whatever goes through these one by one says so here, before it begins. The budget grows with the
layers, so that a network is never refused for being large: only for what its layers are.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from archcalc.errors import Place, Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from archcalc.tracing import Trace

STEPS = 3_000_000
"""Steps that any network may take: most of a second."""
EACH = 100
"""Further steps for each layer; the shipped networks take fewer than a hundred."""
P = ParamSpec("P")
R = TypeVar("R")


class Meter:
    """What is left of a budget.

    Args:
        trace: the network that it is for.

    ``paid`` holds what has been made within it, and is kept.
    """

    __slots__ = ("left", "limit", "paid", "trace")

    def __init__(self, trace: "Trace") -> None:
        self.trace = trace
        self.paid: set[Hashable] = set()
        self.limit = self.left = STEPS + EACH * len(trace.layers)

    def refusal(self) -> SpecError:
        """The error of a network that takes more."""
        layers = self.trace.layers
        file = layers[0].place.file if layers else self.trace.model
        fact = (
            f"to follow what its {len(layers):,} layers read takes {self.limit - self.left:,} steps,"
            f" at most {self.limit:,} are made"
        )
        hint = "make kernels, strides, lists of inputs or the sizes of adaptive pools smaller, or the repeats"
        return SpecError([Problem(Place(file), "", fact, hint)])


_meter: "ContextVar[Meter | None]" = ContextVar("_meter", default=None)


@contextmanager
def effort(trace: "Trace") -> "Generator[None]":
    """What is done here has one budget; within another one it is a part of that."""
    if _meter.get() is not None:
        yield
        return
    before = _meter.set(Meter(trace))
    try:
        yield
    finally:
        _meter.reset(before)


def with_a_budget(work: "Callable[Concatenate[Trace, P], R]") -> "Callable[Concatenate[Trace, P], R]":
    """A function of a trace, with a budget."""

    @wraps(work)
    def within(trace: "Trace", /, *arguments: P.args, **options: P.kwargs) -> R:
        with effort(trace):
            return work(trace, *arguments, **options)

    return within


def spend(steps: int) -> None:
    """Take so many steps of the budget, where there is one.

    Raises:
        SpecError: there are not so many left.
    """
    meter = _meter.get()
    if meter is not None:
        meter.left -= steps
        if meter.left < 0:
            raise meter.refusal()


def spend_once(what: "Hashable", steps: int) -> None:
    """The same for what is made once and kept: within one budget only the first one who asks for it pays.

    What other networks of this process have made before counts too, so that nothing depends on it.
    """
    meter = _meter.get()
    if meter is not None and what not in meter.paid:
        meter.paid.add(what)
        spend(steps)
