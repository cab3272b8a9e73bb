"""Whether a network can begin to learn: where the gradient vanishes or explodes, and what is to blame."""

from math import inf, log, log10, prod, sqrt
from typing import TYPE_CHECKING

from archcalc.footprint.gradients import gradient_flow
from archcalc.formulas.propagation import square_of_sum
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.facts import Tensor
    from archcalc.moments import Moments
    from archcalc.propagating.records import LayerSignal, SignalReport
    from archcalc.tracing import Trace
    from archcalc.tracing.records import TracedLayer

FAR = 2.0**16
"""Lengths of gradients that are further apart have not both a place among half precision's normal numbers."""


@dataclass(frozen=True, slots=True)
class Pull:
    """How strongly the first step pulls at a layer's weights.

    Args:
        layer: the layer.
        square: mean square of the gradient of one of its weights.
    """

    layer: "TracedLayer"
    square: float

    @property
    def length(self) -> float:
        """Its root."""
        return sqrt(self.square)


@dataclass(frozen=True, slots=True)
class Blame:
    """What takes, or adds, most of a gradient.

    Args:
        type: a kind.
        layers: layers of it on the way.
        lost: by how much they all multiply the mean square of a gradient, as log10.
    """

    type: str
    layers: int
    lost: float


@dataclass(frozen=True, slots=True)
class Passage:
    """What becomes of the signal on its way through the trained layers.

    Args:
        first: the first one of which it is known.
        far: the one behind which it differs most from that.
        ratio: length of what leaves this one over that of the first one.
        depth: so many trained layers change it by a factor e, above 0 where it grows; inf: it stays.
        blame: kinds that change its mean square in this direction, by how much, most first.
    """

    first: "TracedLayer"
    far: "TracedLayer"
    ratio: float
    depth: float
    blame: tuple[Blame, ...]

    @property
    def word(self) -> str:
        """``vanishes``, ``explodes`` or ``holds``."""
        return "vanishes" if self.ratio * FAR <= 1 else "explodes" if self.ratio >= FAR else "holds"


@dataclass(frozen=True, slots=True)
class FirstStep:
    """What the initialisation does to a network.

    Args:
        pulls: of every trained layer whose gradient is known, in execution order.
        weakest: the one with the least gradient that is not 0; None: there are no pulls.
        strongest: the one with the most.
        ratio: length of the gradient at the first trained layer over that at the last one; None: not known.
        depth: so many trained layers change the gradient's length by a factor e, above 0 where it grows;
            inf: it stays. None: not known.
        blame: kinds by what they do to it, most first; none where it stays.
        unsure: layers of which the rules are not sure.
        forward: what becomes of the signal; None: not known.
    """

    pulls: tuple[Pull, ...]
    weakest: Pull | None
    strongest: Pull | None
    ratio: float | None
    depth: float | None
    blame: tuple[Blame, ...]
    unsure: int
    forward: Passage | None

    @property
    def word(self) -> str:
        """``vanishes``, ``explodes``, ``uneven`` or ``holds``; empty: not known."""
        if self.ratio is None or self.strongest is None or self.weakest is None:
            return ""
        if self.ratio * FAR <= 1:
            return "vanishes"
        if self.ratio >= FAR:
            return "explodes"
        even = self.weakest.length * FAR >= self.strongest.length
        return "holds" if even else "uneven"


def first_step(trace: "Trace", report: "SignalReport") -> FirstStep:
    """What the first step would pull at, layer by layer, and what that comes from."""
    pulls = tuple(_pulls(trace, report))
    strong = [pull for pull in pulls if pull.square > 0]
    weakest = min(strong, key=lambda pull: pull.square, default=None)
    strongest = max(strong, key=lambda pull: pull.square, default=None)
    ratio = depth = None
    if len(pulls) > 1 and pulls[-1].square > 0:
        ratio = (pulls[0].square / pulls[-1].square) ** 0.5
        depth = inf if ratio in (0.0, 1.0) else (len(pulls) - 1) / -log(ratio)
        depth = -depth if ratio else 0.0
    unsure = sum(not each.reliable for each in report.layers.values())
    blame = tuple(_blame(report))
    return FirstStep(pulls, weakest, strongest, ratio, depth, blame, unsure, _passage(trace, report))


def _passage(trace: "Trace", report: "SignalReport") -> Passage | None:
    """The signal behind the first trained layer, and where it differs most from that."""
    told = [
        (layer, state.square)
        for layer in trace.layers
        if layer.facts.macs and layer.facts.weights and (state := report.layers[layer.name].state) is not None
        if state.square > 0
    ]
    if len(told) < 2:  # noqa: PLR2004  from one to another
        return None
    first, before = told[0]
    at = max(range(1, len(told)), key=lambda index: abs(log(told[index][1]) - log(before)))
    far, after = told[at]
    ratio = (after / before) ** 0.5
    depth = at / log(ratio) if ratio not in (0.0, 1.0, inf) else inf
    blame = [each for each in _ranked(_grown(report)) if (each.lost > 0) == (ratio > 1)]
    return Passage(first, far, ratio, depth, tuple(blame))


def _grown(report: "SignalReport") -> "Iterator[tuple[str, float]]":
    """Kind of a layer, and by what it multiplies the mean square of what it reads: the largest of all."""
    for each in report.layers.values():
        read = [report.layers[port.layer].state for port in each.layer.inputs if port.layer in report.layers]
        arriving = max((state.square for state in read if state is not None), default=0.0)
        if each.state is not None and each.state.square > 0 < arriving:
            yield each.layer.type, log10(each.state.square / arriving)


def _pulls(trace: "Trace", report: "SignalReport") -> "Iterator[Pull]":
    flow = gradient_flow(trace)
    for layer in trace.layers:
        found = report.layers[layer.name]
        if not (layer.facts.macs and flow.learns(layer)) or found.gradient is None:
            continue
        arriving = _arriving(report.layers, layer)
        if arriving is None:
            continue
        places = times_used(layer.output)
        square, common = arriving
        own = found.gradient.square * square
        yield Pull(layer, square_of_sum(places, own, found.gradient.common * common))


def _arriving(layers: "Mapping[str, LayerSignal]", layer: "TracedLayer") -> tuple[float, float] | None:
    """E x^2 of what a layer reads first, and what positions have in common of it; of an input 1."""
    before = layers.get(layer.inputs[0].layer)
    if before is None:
        return 1.0, 0.0
    state: Moments | None = before.state
    return None if state is None else (state.square, state.common)


def times_used(tensor: "Tensor") -> int:
    """Positions at which one weight is used: of (C, *n) all n, of (T, F) the T."""
    shape = tensor.shape
    if len(shape) > 2:  # noqa: PLR2004  (C, *n)
        return prod(shape[1:])
    return shape[0] if len(shape) == 2 else 1  # noqa: PLR2004  (T, F)


def _blame(report: "SignalReport") -> "list[Blame]":
    """Kinds of layers by what they multiply a gradient with, together."""
    steps = ((each.layer, each.step) for each in report.layers.values())
    return _ranked(
        (layer.type, log10(step))
        for layer, step in steps
        if step is not None and step > 0 and len(layer.inputs) == 1
    )


def _ranked(factors: "Iterable[tuple[str, float]]") -> "list[Blame]":
    """Kinds by the sum of what their layers do, most first."""
    found: dict[str, list[float]] = {}
    for kind, factor in factors:
        found.setdefault(kind, []).append(factor)
    kinds = [Blame(kind, len(each), sum(each)) for kind, each in found.items()]
    return sorted((each for each in kinds if abs(each.lost) > LITTLE), key=lambda each: -abs(each.lost))


LITTLE = 0.05
"""A change of a mean square, as log10, that is not worth a word."""
