"""What a layer is by itself, whatever it is called and whatever arrives at it."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from archcalc.tracing import TracedLayer

DIGITS = 12
"""Digits in which shares agree: torch calculates them in steps, an expression at once."""


IN_MEMORY = frozenset({"batch_first", "inplace"})
"""Arguments about where numbers lie, which a layer is not known by."""


def value_text(value: object) -> str:
    """The value of an argument in the digits in which two are compared."""
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else str(value)


def meaning_text(value: object) -> str:
    """The same, where one number for every axis is written once: 7 for (7, 7)."""
    if isinstance(value, tuple):
        texts = [value_text(each) for each in cast("tuple[object, ...]", value)]
        return texts[0] if len(set(texts)) == 1 else str(tuple(texts))
    return value_text(value)


def own_arguments(layer: "TracedLayer") -> "Mapping[str, object]":
    """Arguments that no size that arrives decides: those left out that follow from it are not among them."""
    fields, inferred = type(layer.arguments).model_fields, layer.facts.inferred
    found = layer.resolved
    return {key: found[key] for key in found if key not in inferred or fields[key].default is not None}


def layer_form(layer: "TracedLayer") -> "Hashable":
    """Kind and own arguments of a layer, whether it is frozen, and along how many axes it is mapped."""
    arguments = tuple(
        (key, meaning_text(value)) for key, value in own_arguments(layer).items() if key not in IN_MEMORY
    )
    return layer.type, arguments, layer.frozen, layer.frozen_weights, layer.arguments.mapped


def sized_form(layer: "TracedLayer") -> "Hashable":
    """The form of a layer with the shapes of its weights and of its outputs."""
    facts = layer.facts
    outputs = tuple((name, tensor.shape) for name, tensor in facts.outputs.items())
    return layer_form(layer), tuple(facts.weights.items()), outputs
