"""Whether one turn of a repeat is as the next: what it reads, and what it asks its number for."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions import exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.facts import Tensor
    from archcalc.tracing.frames import TurnAt

MAX_ANSWERS = 60_000
"""Values of expressions in turns behind one that are looked at: each takes some microseconds."""


def are_same(one: "Tensor", other: "Tensor") -> bool:
    """Whether two tensors are the same at all sizes, where these remember how they came about."""
    if (one.dtype, one.batched, len(one.shape)) != (other.dtype, other.batched, len(other.shape)):
        return False
    return all(a is b or _as_told(a) == _as_told(b) for a, b in zip(one.shape, other.shape, strict=True))


def _as_told(value: object) -> object:
    """What a value is told apart by; of a size that remembers what it is at all sizes."""
    if isinstance(value, tuple | list):
        return tuple(map(_as_told, cast("Sequence[object]", value)))
    followed = getattr(value, "polynomial", None)
    return repr(value) if followed is None else followed


def have_same_answers(turn: "TurnAt", count: int) -> bool:
    """Whether expressions that ask for the number of a turn have its values in all turns behind it."""
    if (count - turn.index) * len(turn.answers) > MAX_ANSWERS:
        return False
    here = turn.index
    told = [(expression, site, _as_told(value)) for expression, site, value in turn.answers]
    try:
        for turn.index in range(here + 1, count) if told else ():
            if any(_as_told(exactly(expression, site)) != value for expression, site, value in told):
                turn.differs = turn.index
                return False
    except Fault:
        turn.differs = turn.index
        return False
    finally:
        turn.index, turn.read = here, False
    return True
