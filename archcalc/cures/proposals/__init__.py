"""What may mend a layer that refuses what it reads: proposals, of which the engine tells those that prove to.

A proposal may be generous: what does not cure is never told. The order is that in which they are told.
"""

from itertools import chain
from typing import TYPE_CHECKING

from archcalc.cures.proposals.sizes import other_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.cures.changes import Cure
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Refused

    Proposing = Callable[[Context, Refused], Iterator[Cure]]

PROPOSING: "tuple[Proposing, ...]" = (other_sizes,)
"""Each is asked for every layer that refuses what it reads, the closest first."""


def proposed(context: "Context", refused: "Refused") -> "Iterator[Cure]":
    """Cures that may mend a layer, the closest first; ``context`` has what could be traced."""
    return chain.from_iterable(proposing(context, refused) for proposing in PROPOSING)
