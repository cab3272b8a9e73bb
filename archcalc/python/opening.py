"""What the functions take as a network: a trace, a spec, its name or file, or its data; with other values."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from archcalc.errors import Fault, nearest
from archcalc.loading import Model, load
from archcalc.tracing import Trace, trace

if TYPE_CHECKING:
    from archcalc.expressions import Value
    from archcalc.facts import Shape

Network = Trace | Model | Mapping[str, object] | str | Path
"""A network that was traced, or what ``load`` takes or returned."""


class GivenOptions(TypedDict, total=False):
    """What stands in the place of what a spec says, by its option on the command line.

    set: variable -> value. input: name -> shape without the batch. freeze: patterns of names of layers.
    """

    set: "Mapping[str, Value]"
    input: "Mapping[str, Sequence[int]]"
    freeze: "str | Iterable[str]"


def traced_given(network: Network, given: GivenOptions) -> Trace:
    """The network, traced with what is given.

    Raises:
        Fault: an option is unknown, or does not go with a network that was traced before.
        SpecError: the spec cannot be read or traced.
    """
    for word in given:
        if word not in GivenOptions.__annotations__:
            raise Fault(f"there is no option {word!r}", hint=nearest(word, GivenOptions.__annotations__))
    if isinstance(network, Trace):
        if given.get("set") or given.get("input"):
            raise Fault("a network that was traced has its values", hint="give the spec, or its name")
        found = network
    else:
        model = as_model(network)
        shapes = {name: tuple(sizes) for name, sizes in given.get("input", {}).items()}
        found = trace(model, given.get("set", {}), cast("Mapping[str, Shape]", shapes))
    freeze = given.get("freeze", ())
    if not freeze:
        return found
    from archcalc.tracing.freezing import frozen

    return frozen(found, [freeze] if isinstance(freeze, str) else freeze)


def as_model(network: Network) -> Model:
    """The spec.

    Raises:
        Fault: it is a network that was traced.
        SpecError: it cannot be read.
    """
    if isinstance(network, Trace):
        raise Fault(f"needs the spec of {network.model!r}, got its trace", hint="give what was loaded")
    return network if isinstance(network, Model) else load(network)
