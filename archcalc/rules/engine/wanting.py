"""What rules would need to know of a network and the spec does not say: remarks, no findings."""

from typing import TYPE_CHECKING

from archcalc.rules.entries import place_of
from archcalc.rules.questions.functions import averages, distributes, is_gate
from archcalc.rules.questions.neighbours import producer
from archcalc.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.rules.context import Context


def wanting_loss(context: "Context", active: frozenset[str]) -> "Iterator[str]":
    """Which rules are off because the spec has no ``loss``, at each last layer that they would judge."""
    if context.spec.loss is not None:
        return
    last = (producer(context, port, averages) for port in context.trace.outputs)
    found = {
        layer.name: layer for layer in last if layer is not None and (distributes(layer) or is_gate(layer))
    }
    codes = sorted(code for code in active if rule(code).needs_loss) if found else ()
    for layer in found.values() if codes else ():
        yield (
            f"{place_of(layer.origin.in_spec)}: {layer.subject}: no `loss` is written, so {', '.join(codes)}"
            " have not judged whether it is right here; write loss: CrossEntropyLoss, or whatever trains it"
        )
