"""Mappings whose keys people type: a wrong one is told with the nearest that there is."""

from itertools import islice
from typing import TYPE_CHECKING, NoReturn, TypeVar

from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.tracing import Trace

T = TypeVar("T")
NAMED = 8
"""Names that a mapping shows."""
TURNS = 20
"""Of a repeat, in which names are looked for that are like a wrong one."""
MANY = 10_000
"""Layers of a network from which on names of scopes inside repeats are not looked at."""


class UnknownName(Fault, KeyError):  # noqa: N818  as Fault is
    """There is no such layer, input or output."""


class ByName(dict[str, T]):
    """What belongs to layers, by their full names."""

    def __missing__(self, name: str) -> NoReturn:
        raise no_layer(name, self)

    def __repr__(self) -> str:
        """How many there are, and the first few of their names."""
        more = ", ..." if len(self) > NAMED else ""
        return f"<{len(self):,} layers: {', '.join(islice(self, NAMED))}{more}>"


def no_layer(name: object, known: "Iterable[str]", what: str = "layer") -> UnknownName:
    """The fault of a name that no layer has, or nothing else that is asked for."""
    return UnknownName(f"no {what} {name!r}", hint=nearest(str(name), known))


def layer_meant(trace: "Trace", name: str) -> str:
    """The layer of this name, or the one at the end of the container of this name.

    Raises:
        UnknownName: there is neither.
    """
    inside = trace.inside(name)
    if not inside:
        raise no_layer(name, names_known(trace))
    if name in trace.by_name:
        return name
    end = trace.ends.get(name)
    return inside[-1].name if end is None else end.layer


def source_meant(trace: "Trace", name: str) -> str:
    """The input of this name (``input``: the only one), else the layer that it means.

    Raises:
        UnknownName: there is neither.
    """
    if name in trace.inputs:
        return name
    if trace.inside(name):
        return layer_meant(trace, name)
    if name == "input" and len(trace.inputs) == 1:
        return next(iter(trace.inputs))
    raise no_layer(name, (*trace.inputs, *names_known(trace)), "layer or input")


def names_known(trace: "Trace") -> "Iterator[str]":
    """Full names of layers and scopes: of long repeats those in a few turns, as others are not made yet."""
    from archcalc.tracing.beginning import first_of_runs
    from archcalc.tracing.in_runs import own_of

    yield from (layer.name for layer in first_of_runs(trace.layers, TURNS))
    yield from own_of(trace.scopes) if len(trace.layers) > MANY else trace.scopes
