"""The walk: second moments in execution order, and those of gradients in the reverse one."""

from dataclasses import replace
from math import isfinite, prod
from typing import TYPE_CHECKING

from archcalc.effort import one_by_one, spend, with_a_budget
from archcalc.layers.mathematics import Statistics
from archcalc.moments import NO_GRADIENT, Arrived, Gradient, Moments, Propagated, Unruled, nothing_back
from archcalc.propagating.doubting import doubt_back, doubt_between
from archcalc.propagating.records import LayerSignal, SignalReport
from archcalc.propagating.weights import FirstWeights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Tensor
    from archcalc.tracing import Trace
    from archcalc.tracing.records import TracedLayer

    Key = tuple[str, str]

RENEWING = frozenset(Statistics) - {Statistics.NEIGHBOURS}
"""Normalisations behind which the size of what arrived is gone."""
PART = 4
"""Steps that a part of a concatenation takes in each layer that reads it, forward and back."""


@with_a_budget
def signal(trace: "Trace", init: "Sequence[str]" = ()) -> SignalReport:
    """Second moments of every layer before training, and of the gradient of a random sum of the outputs.

    Inputs have independent normal numbers of mean 0 and variance 1.

    Args:
        trace: the network.
        init: names of initialisations for all layers, over those of the spec.

    Raises:
        Fault: there is no such initialisation.
        SpecError: there are too many layers, or the integrals of so many different ones take too much work.
    """
    one_by_one(trace, "the signal before training")
    weights = FirstWeights(trace, init)
    held: dict[Key, Moments | None] = {
        (name, "output"): _first(name, tensor) for name, tensor in trace.inputs.items()
    }
    doubts: dict[Key, str] = {}
    rules: dict[str, Propagated | Unruled] = {}
    for layer in trace.layers:
        rules[layer.name] = _forward(layer, weights, held, doubts)
    return _backward(trace, rules, held, doubts, weights, tuple(init))


def _first(name: str, tensor: "Tensor") -> Moments | None:
    """Normal numbers; positions of a sample are independent."""
    if not tensor.is_float:
        return None
    return Moments(1.0, 0.0 if prod(tensor.shape[1:]) > 1 else 1.0, source=name)


def _forward(
    layer: "TracedLayer", weights: FirstWeights, held: "dict[Key, Moments | None]", doubts: "dict[Key, str]"
) -> Propagated | Unruled:
    """What leaves a layer, entered into ``held``."""
    keys = [(port.layer, port.output) for port in layer.inputs]
    behind = next((doubts[key] for key in keys if doubts.get(key)), "")
    unknown = any(
        held[key] is None and port.tensor.is_float for key, port in zip(keys, layer.inputs, strict=True)
    )
    found: Propagated | Unruled = Unruled(behind or "what arrives is not known")
    if not unknown:
        read = tuple(Arrived(port.tensor, held[key]) for port, key in zip(layer.inputs, keys, strict=True))
        spend(PART * sum(len(each.state.parts) for each in read if each.state))
        found = _ruled(layer, read, weights)
    elif layer.arguments.normalizes in RENEWING:
        found = _renewed(layer, weights, behind)
    _enter(layer, found, weights, behind, held, doubts)
    return found


def _ruled(layer: "TracedLayer", read: tuple[Arrived, ...], weights: FirstWeights) -> Propagated | Unruled:
    try:
        found = layer.arguments.carry(read, layer.facts, weights.of(layer))
    except (OverflowError, ZeroDivisionError, ValueError):  # numbers beyond what a double holds
        return Unruled("its numbers are beyond any that can be calculated with")
    if isinstance(found, Propagated) and not all(isfinite(each.square) for each in found.states):
        return Unruled("its numbers are beyond any that can be calculated with")
    return found


def _renewed(layer: "TracedLayer", weights: FirstWeights, behind: str) -> Propagated | Unruled:
    """A normalisation gives numbers of a known size, whatever arrives; the gradient's way back is lost."""
    (port, *_) = layer.inputs
    guess = Moments(1.0, 0.0, doubt=behind)
    found = _ruled(layer, (Arrived(port.tensor, guess),), weights)
    if isinstance(found, Unruled):
        return found
    return Propagated(found.states, nothing_back(1), doubt=behind or "what arrives is not known")


def _enter(
    layer: "TracedLayer",
    found: Propagated | Unruled,
    weights: FirstWeights,
    behind: str,
    held: "dict[Key, Moments | None]",
    doubts: "dict[Key, str]",
) -> None:
    renews = layer.arguments.normalizes in RENEWING
    for index, name in enumerate(layer.facts.outputs):
        key = (layer.name, name)
        if isinstance(found, Unruled):
            held[key], doubts[key] = None, found.reason
            continue
        state = found.states[index]
        own = state.doubt or weights.doubt(layer).forward
        inherited = "" if renews else behind
        doubts[key] = own or inherited
        held[key] = replace(state, source=state.source or f"{layer.name}.{name}", doubt="")


def _backward(
    trace: "Trace",
    rules: "Mapping[str, Propagated | Unruled]",
    held: "Mapping[Key, Moments | None]",
    doubts: "Mapping[Key, str]",
    weights: FirstWeights,
    init: tuple[str, ...],
) -> SignalReport:
    back: dict[Key, Gradient] = {}
    lost: dict[Key, str] = {}
    unsure: dict[Key, str] = {}
    for port in trace.outputs:
        alone = prod(port.tensor.shape[1:]) <= 1
        back[port.layer, port.output] = Gradient(1.0, 1.0 if alone else 0.0)
    found: dict[str, LayerSignal] = {}
    for layer in reversed(trace.layers):
        one = _layer_back(layer, rules[layer.name], held, doubts, back, lost)
        behind = next((unsure[key] for key in _keys(layer) if key in unsure), "")
        readers = [each.layer for each in trace.readers_of(layer.name)]
        between = doubt_between(layer, readers, weights)
        found[layer.name] = replace(one, doubt=one.doubt or behind or between)
        handed = doubt_back(layer, rules[layer.name], weights, doubts) or behind
        for port in layer.inputs if handed else ():
            unsure.setdefault((port.layer, port.output), handed)
    ordered = {layer.name: found[layer.name] for layer in trace.layers}
    arriving = {
        name: None if (name, "output") in lost else back.get((name, "output"), NO_GRADIENT)
        for name in trace.inputs
    }
    return SignalReport(ordered, arriving, init)


def _layer_back(
    layer: "TracedLayer",
    rule: Propagated | Unruled,
    held: "Mapping[Key, Moments | None]",
    doubts: "Mapping[Key, str]",
    back: "dict[Key, Gradient]",
    lost: "dict[Key, str]",
) -> LayerSignal:
    """The gradients of a layer's inputs, added to those of what it reads."""
    keys = _keys(layer)
    first = keys[0]
    gone = next((lost[key] for key in keys if key in lost), "")
    own = back.get(first, NO_GRADIENT)
    state, doubt = held[first], doubts.get(first, "")
    if isinstance(rule, Unruled) or gone or rule.doubt:
        why = gone or doubt or (rule.reason if isinstance(rule, Unruled) else rule.doubt)
        for port in layer.inputs:
            if port.tensor.is_float:
                lost.setdefault((port.layer, port.output), why)
        return LayerSignal(layer, state, None if first in lost else own, None, doubt or why)
    gradients = rule.back(tuple(back.get(key, NO_GRADIENT) for key in keys))
    added: dict[Key, list[Gradient]] = {}
    for port, gradient in zip(layer.inputs, gradients, strict=True):
        added.setdefault((port.layer, port.output), []).append(gradient)
    for key, several in added.items():
        back[key] = _plus(back.get(key, NO_GRADIENT), _alike(several))
    arriving = gradients[0] if gradients else None
    return LayerSignal(layer, state, own, arriving, doubt, rule.steps)


def _keys(layer: "TracedLayer") -> "list[Key]":
    return [(layer.name, name) for name in layer.facts.outputs]


def _plus(one: Gradient, other: Gradient) -> Gradient:
    square = one.square + other.square
    steeper = (one.square * one.steeper + other.square * other.steeper) / square if square else 1.0
    return Gradient(square, one.common + other.common, steeper, one.along + other.along, _parts(one, other))


def _parts(one: Gradient, other: Gradient) -> tuple[float, ...]:
    """Those of a concatenation, added; a gradient without any is the same in all."""
    count = max(len(one.parts), len(other.parts))
    left, right = (each.parts or (each.square,) * count for each in (one, other))
    return tuple(map(float.__add__, left, right))


def _alike(several: "list[Gradient]") -> Gradient:
    """One output that a layer reads several times: the gradients are the same numbers."""
    if len(several) == 1:
        return several[0]
    square = sum(each.square**0.5 for each in several) ** 2
    common = sum(each.common**0.5 for each in several) ** 2
    return Gradient(square, common)
