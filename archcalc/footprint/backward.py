"""What is alive in the backward pass: layer by layer from the end, as autograd runs it.

A layer's gradients are made while what it keeps and the gradient of its output are still there; then both go.
The gradients of weights stay. Layers that hand a gradient on as it is (sums, views) make none.
"""

from math import prod
from typing import TYPE_CHECKING

from archcalc.footprint.bytes import width
from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.saved import Keeping, kept_inside
from archcalc.keeping import Aliasing
from archcalc.layers.mathematics import Merge, Passing
from archcalc.records import dataclass
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.footprint.gradients import GradientFlow
    from archcalc.footprint.saved import SavedReport
    from archcalc.footprint.storages import Setting, Storages
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.shortening import Shortened


@dataclass(frozen=True, slots=True)
class BackwardPeak:
    """The most that is alive beside weights, buffers, states of the optimizer, the input and the output.

    Args:
        bytes: how many.
        layer: the layer whose gradients are made then.
        saved: of them, what autograd keeps still.
        weights: of them, gradients of weights that are made so far.
        gradients: of them, gradients of activations.
    """

    bytes: int
    layer: str
    saved: int
    weights: int
    gradients: int


def backward_peak(
    followed: "Shortened",
    found: "Storages",
    kept: "SavedReport",
    checkpoints: "Sequence[str]" = (),
    *,
    accumulating: bool = False,
    entering: "frozenset[str]" = frozenset(),
) -> BackwardPeak:
    """Walk back through a network from its outputs.

    A turn that stands for others is the first of them that the walk comes to, as in the forward pass.

    Args:
        followed: the network, of whose long runs one turn may stand for others.
        found: where its outputs lie.
        kept: what autograd keeps of the forward pass.
        checkpoints: full names of scopes that are calculated again before the walk goes through them.
        accumulating: gradients of an earlier batch stand there already, to which those of a layer are added.
        entering: inputs to which a gradient goes, as another stage makes them.
    """
    trace, setting, by_layer = followed.trace, found.setting, dict(kept.by_layer)
    flow = gradient_flow(trace, entering, found.stated.wiring)
    again = {trace.inside(name)[-1].name: name for name in checkpoints}
    sizes: dict[int, int] = {}
    gradients: dict[tuple[str, str], int] = {}
    for port in trace.outputs:
        if flow.has(port):
            gradients[port.layer, port.output] = _born(sizes, setting.bytes(port.tensor))
    saved, made, peak = kept.bytes, 0, BackwardPeak(0, "", 0, 0, 0)
    done: set[str] = set()
    others = _Others()
    for layer in reversed(trace.layers):
        times = followed.of(layer.name)
        if times == 1:
            saved, made, others = saved - others.saved, made + others.made, _Others()
        if layer.name in again:
            inside = kept_inside(trace, again[layer.name], Keeping(found, flow))
            saved += inside.bytes
            _join(by_layer, inside, again[layer.name], trace)
        keys = [(layer.name, name) for name in layer.facts.outputs]
        arriving = [gradients[key] for key in keys if key in gradients]
        if arriving:
            own = {
                (port.layer, port.output): arriving[0]
                if _hands_on(layer, index)
                else _born(sizes, setting.bytes(port.tensor))
                for index, port in enumerate(layer.inputs)
                if flow.has(port)
            }
            fresh = _of_weights(layer, setting, flow, done)
            made = fresh + (0 if accumulating else made)
            others.made += 0 if accumulating else (times - 1) * fresh
            alive = {*gradients.values(), *own.values()}
            held = sum(sizes[each] for each in alive)
            if saved + made + held > peak.bytes:
                peak = BackwardPeak(saved + made + held, layer.name, saved, made, held)
            # A second gradient of an output is added into the first one.
            gradients = {**own, **gradients}
        for key in keys:
            gradients.pop(key, None)
        saved -= by_layer.get(layer.name, 0)
        others.saved += (times - 1) * by_layer.get(layer.name, 0)
    return peak


@dataclass(slots=True)
class _Others:
    """What the turns that one stands for give up of what is kept, and make of gradients of weights."""

    saved: int = 0
    made: int = 0


def _join(by_layer: dict[str, int], inside: "SavedReport", scope: str, trace: "Trace") -> None:
    """Let what is kept again go with the layers of a scope, and what entered it with its first layer."""
    for name, size in inside.by_layer.items():
        by_layer[name] = by_layer.get(name, 0) + size
    first = trace.inside(scope)[0].name
    by_layer[first] = by_layer.get(first, 0) + by_layer.pop(scope, 0)


def _born(sizes: dict[int, int], size: int) -> int:
    """A new buffer of so many bytes."""
    sizes[len(sizes)] = size
    return len(sizes) - 1


def _hands_on(layer: "TracedLayer", index: int) -> bool:
    """Whether the gradient of an input is that of the output, as it is or seen otherwise."""
    kind, made = layer.arguments, layer.output
    if kind.merges is Merge.CONCATENATION:
        return True
    if kind.merges is Merge.SUM:
        return layer.inputs[index].tensor.shape == made.shape
    sharing = kind.sharing(training=True)
    return sharing is Aliasing.SAME or (
        sharing in (Aliasing.AXES, Aliasing.SHAPE) and kind.passes is Passing.REGROUPED
    )


def _of_weights(layer: "TracedLayer", setting: "Setting", flow: "GradientFlow", done: set[str]) -> int:
    """Bytes of the gradients of weights that have had none so far."""
    total = 0
    for name, shape in layer.facts.weights.items():
        full = layer.tied.get(name, tensor_name(layer.name, name))
        if full in flow.weights and full not in done:
            done.add(full)
            total += prod(shape) * width(setting.dtype or layer.precision)
    return total
