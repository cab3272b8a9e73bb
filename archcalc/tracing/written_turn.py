"""The turn of a repeat that stands for all others, and what its layers read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archcalc.tracing.records import Port, TracedLayer
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.tracing.records import Use
    from archcalc.tracing.scopes import Named


class Link(NamedTuple):
    """What a layer of a turn reads: an output of the same turn, of the one before, or from outside.

    Args:
        port: the output, as the turn that is written has it.
        below: its layer's name behind that of its turn; None: it is from outside, the same in all turns.
        before: it is of the turn before.
    """

    port: Port
    below: str | None = None
    before: bool = False


class Turn(NamedTuple):
    """One turn of a repeat with all that it has made.

    Args:
        name: its full name.
        arriving: what it reads first; the turn behind it reads in its place what leaves this one.
        done: it, finished.
        layers: its layers.
        scopes: name of a scope -> its type, itself included.
        ends: name of a scope -> where it ends.
        repeats: name of a repeat -> its indices.
        uses: name of a scope -> the entry that has made it.
    """

    name: str
    arriving: Port
    done: "Named"
    layers: tuple[TracedLayer, ...]
    scopes: Mapping[str, str]
    ends: Mapping[str, Port]
    repeats: "Mapping[str, Sequence[int]]"
    uses: "Mapping[str, Use]"
