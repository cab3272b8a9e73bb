"""Sizes, parameters and MACs of a network in the names of its variables and sizes, and where they hold."""

from math import inf
from typing import TYPE_CHECKING

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.effort import one_by_one
from archcalc.records import dataclass
from archcalc.sizes.factors import factored
from archcalc.sizes.places import Given
from archcalc.sizes.polynomials import split
from archcalc.sizes.remembering import remembered
from archcalc.sizes.size import plain
from archcalc.sizes.symbols import bounds_text, condition_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.expressions import Value
    from archcalc.facts import Arriving
    from archcalc.loading import Model
    from archcalc.sizes.polynomials import Polynomial
    from archcalc.sizes.remembering import Remembered
    from archcalc.sizes.tape import Tape
    from archcalc.sizes.terms import Term

UNSAYING = 2**30
"""A limit so large is one of a spec's numbers, and says nothing of a network."""


@dataclass(frozen=True, slots=True)
class LayerFormulas:
    """A layer in names.

    Args:
        name, type: of the layer.
        output: sizes of its first output.
        batched: whether that has the batch axis.
        params: elements of its weights that it is the first to have.
        macs: multiply-accumulates of one sample; None: it does not state them.
    """

    name: str
    type: str
    output: "tuple[Term, ...]"
    batched: bool
    params: "Term"
    macs: "Term | None"


@dataclass(frozen=True, slots=True)
class Formulas:
    """A network in names.

    Args:
        found: its trace, on sizes that remember.
        given: name -> its value in the trace.
        layers: in execution order.
        params, macs: totals.
        unknown: layers that state no MACs, without which the total is.
        where: conditions under which all of it holds, one text each.
    """

    found: "Remembered"
    given: "Mapping[str, int]"
    layers: "tuple[LayerFormulas, ...]"
    params: "Term"
    macs: "Term"
    unknown: tuple[str, ...]
    where: tuple[str, ...]


def formulas_of(
    model: "Model",
    settings: "Mapping[str, Value] | None" = None,
    inputs: "Mapping[str, Arriving] | None" = None,
    names: "Iterable[str] | None" = None,
) -> Formulas:
    """Formulas of a network, as it is around the values that it has.

    Args:
        model: the spec.
        settings: variable -> value.
        inputs: input -> what arrives.
        names: variables and sizes that become names; None: all that are whole numbers and written.

    Raises:
        Fault: there is no number of a name.
        SpecError: the spec cannot be traced, or has too many layers.
    """
    found = remembered(model, settings, inputs, names)
    one_by_one(found.trace, "writing formulas")
    counted, work = params(found.trace), macs(found.trace)
    layers = tuple(
        LayerFormulas(
            layer.name,
            layer.type,
            tuple(map(factored, layer.output.shape)),
            layer.output.batched,
            factored(counted.layers[layer.name].params),
            None if layer.facts.macs is None else factored(layer.facts.macs),
        )
        for layer in found.trace.layers
    )
    given = {name: plain(size) for name, size in found.tape.given.items()}
    totals = factored(counted.params), factored(work.macs)
    return Formulas(found, given, layers, *totals, tuple(work.unknown), tuple(_where(found.tape)))


def _where(tape: "Tape") -> "Iterator[str]":
    """What the formulas ask of the names; what every network of positive sizes has is left out."""
    places = tape.places
    for each, (low, high) in zip(places, places.bounds, strict=True):
        most = inf if high > UNSAYING else high
        if isinstance(each, Given) and (most < inf or low > 1):
            yield f"{each.name} is {bounds_text(low, most)}"
    for sign, polynomial in tape.conditions.others:
        if abs(split(polynomial)[1]) < UNSAYING and not _follows(tape, sign, polynomial):
            yield condition_text(places, sign, polynomial)


def _follows(tape: "Tape", sign: str, polynomial: "Polynomial") -> bool:
    """Whether a comparison follows from the bounds that came to be known behind it."""
    least, most = tape.places.least(polynomial), tape.places.most(polynomial)
    return least >= 0 if sign == ">=" else sign == "!=" and (least > 0 or most < 0)
