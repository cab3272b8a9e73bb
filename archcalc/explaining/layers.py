"""The explanation of one layer: its facts on sizes that remember, number by number."""

from typing import TYPE_CHECKING

from archcalc.explaining.asking import asked_again, input_names
from archcalc.explaining.deriving import NamedNumbers
from archcalc.explaining.fields import field_numbers
from archcalc.explaining.records import Explanation
from archcalc.explaining.sections import SECTIONS, AskedFacts
from archcalc.explaining.sources import of_kind
from archcalc.explaining.sums import explained_sums
from archcalc.explaining.worked_attention import worked_attention
from archcalc.lookup import names_known, no_layer
from archcalc.sizes.following import as_traced

if TYPE_CHECKING:
    from archcalc.tracing import Trace, TracedLayer


def explained(trace: "Trace", name: str | None = None) -> Explanation:
    """A layer, or the sums of a container, or without a name those of the network.

    Raises:
        UnknownName: there is neither.
    """
    if name is None:
        return explained_sums(trace)
    if name in trace.by_name:
        return explained_layer(trace, trace.by_name[name])
    if not trace.encloses(name):
        raise no_layer(name, names_known(trace))
    return explained_sums(trace, name)


def explained_layer(trace: "Trace", layer: "TracedLayer") -> Explanation:
    """Every number of a layer of a network, with the formula that made it."""
    remembering = asked_again(layer)
    known = NamedNumbers(remembering.tape.given.items(), of_kind(layer.type, type(layer.arguments)))
    asked = AskedFacts(
        remembering.inputs, remembering.facts, remembering.saved, layer.arguments.untold, known
    )
    numbers = [each for section in SECTIONS for each in section(asked)]
    names = zip(input_names(layer), layer.inputs, strict=True)
    averages, attention = layer.facts.averages, layer.facts.attention
    return Explanation(
        layer.name,
        layer.type,
        tuple((name, str(port), port.tensor) for name, port in names),
        tuple(layer.facts.outputs.items()),
        (*numbers, *field_numbers(trace, layer)),
        None if averages is None else as_traced(averages),
        len(layer.output.shape),
        None if attention is None else worked_attention(causal=attention.causal, cross=attention.cross),
    )
