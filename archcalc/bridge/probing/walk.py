"""From units back to the inputs, layer by layer, by the gradient of each layer's own form.

Behind every layer a gradient counts as 1 where it is not zero. So nothing vanishes or overflows however deep
the network is, nothing cancels, and what is left at the inputs are exactly the numbers that a unit reads.
All units are rows of one batch; those of a later layer come first, and join others on their way.
"""

from dataclasses import field
from math import prod
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.bridge.meeting import met
from archcalc.bridge.network import LayerError
from archcalc.bridge.probing.forms import BIASED, probed_form
from archcalc.facts import FEATURES
from archcalc.layers.mathematics import Statistics
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcalc.analyses.transfer import Output
    from archcalc.bridge.probing.forms import Form
    from archcalc.tracing import Trace, TracedLayer

    Rows = slice | list[int]

MAX_PASS = 20_000_000
"""Numbers of the inputs and outputs of a layer in one pass, 8 bytes each and some copies."""
MAX_HELD = 400_000_000
"""Numbers that are held between layers, a byte each."""
DENSE = (
    *(f"{kind}{rank}d" for kind in ("Conv", "ConvTranspose") for rank in (1, 2, 3)),
    *("Linear", "TransposedLinear", "Bilinear", "Embedding", "RNN", "LSTM", "GRU"),
)
"""Kinds in which every feature is made of all features, but for groups."""
SHARES = ("Softmax", "LogSoftmax", "Softmin")
"""Kinds whose axis may be that of the batch, as torch counts."""
LEAST = 2
"""Samples of a pass: some norms refuse a single one."""
NOISE = {"Upsample": 1e-9, "UpsamplingBilinear2d": 1e-9, "ShiftedWindowAttention": 1e-20}
"""Kind -> share of the largest gradient up to which one is a 0 that is not kept: weights of interpolation are
rounded, and torchvision's windows subtract 100 from the scores that are masked."""


class Unit(NamedTuple):
    """A unit of an output: its place along some of the output's axes; on the others it stands for all."""

    layer: str
    output: str
    at: "tuple[tuple[int, int], ...]"
    """Axis and position."""


@dataclass(slots=True)
class Reached:
    """What some units read.

    Args:
        inputs: name of an input -> (units, *shape), whether a unit reads a number of it.
        lost: index of a unit -> why it cannot be followed to the inputs.
        parts: index of a unit -> a layer on its way that may read a part of what it states.
    """

    inputs: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    lost: dict[int, str] = field(default_factory=dict[int, str])
    parts: dict[int, str] = field(default_factory=dict[int, str])


def reached(
    trace: "Trace", units: "Sequence[Unit]", progress: "Callable[[int], None] | None" = None
) -> Reached:
    """What the units read of the inputs; those of later layers come first.

    Args:
        trace: the network.
        units: in the reverse order of their layers.
        progress: called with the number of layers that are passed.

    Raises:
        LayerError: torch fails in a layer.
    """
    walk = _Walk(trace, units)
    for done, layer in enumerate(reversed(trace.layers), 1):
        walk.through(layer)
        if progress is not None:
            progress(done)
    walk.end()
    return walk.found


class _Walk:
    def __init__(self, trace: "Trace", units: "Sequence[Unit]") -> None:
        self.trace, self.units = trace, units
        self.wanted: dict[Output, Tensor] = {}
        self.found = Reached()
        self.random = torch.Generator().manual_seed(0)

    def through(self, layer: "TracedLayer") -> None:
        """What the wanted units of a layer read of its inputs is wanted of those."""
        self._begin(layer)
        outputs = {
            name: self.wanted.pop((layer.name, name))
            for name in layer.facts.outputs
            if (layer.name, name) in self.wanted
        }
        rows = _rows(outputs.values(), len(self.units))
        if not rows:
            return
        form = probed_form(layer)
        if isinstance(form, str):
            for row in rows:
                self.found.lost.setdefault(row, f"{layer.subject}: {form}")
            return
        if _reads_parts(layer, outputs):
            for row in rows:
                self.found.parts.setdefault(row, layer.subject)
        numbers = sum(prod(port.tensor.shape) for port in layer.inputs)
        numbers += sum(prod(tensor.shape) for tensor in layer.facts.outputs.values())
        together = 1 if _samples_meet(layer) else max(1, MAX_PASS // numbers)
        for at in range(0, len(rows), together):
            some = _slice(rows[at : at + together])
            wanted = {name: tensor[some] for name, tensor in outputs.items()}
            try:
                self._pass(layer, form, wanted, some)
            except Exception as error:
                raise LayerError(layer, error) from error

    def _begin(self, layer: "TracedLayer") -> None:
        for row, unit in enumerate(self.units):
            if unit.layer == layer.name:
                shape = layer.facts.outputs[unit.output].shape
                at = dict(unit.at)
                place = tuple(at.get(axis, slice(None)) for axis in range(len(shape)))
                self._held((layer.name, unit.output), shape)[(row, *place)] = True

    def _pass(self, layer: "TracedLayer", form: "Form", wanted: dict[str, Tensor], rows: "Rows") -> None:
        count = len(next(iter(wanted.values())))
        beside = max(LEAST - count, 0)
        ports = [port.tensor for port in layer.inputs]
        arriving = [
            self._numbers(port.shape).repeat(count + beside if port.batched else 1, *(1 for _ in port.shape))
            for port in ports
        ]
        arriving = [each.requires_grad_(port.batched) for each, port in zip(arriving, ports, strict=True)]
        given = zip(layer.facts.outputs, form(*met(layer, arriving)), strict=True)
        outputs = {name: output[:count] for name, output in given}
        asked = [name for name in wanted if outputs[name].requires_grad]
        if not asked:  # it reads nothing but the shape of its inputs
            return
        weights = [wanted[name] * self._numbers(wanted[name].shape[1:]) for name in asked]
        own = [each for each in arriving if each.requires_grad]
        told = torch.autograd.grad([outputs[name] for name in asked], own, weights, allow_unused=True)
        gradients = cast("Sequence[Tensor | None]", told)  # None for what no output reads
        followed = (port for port in layer.inputs if port.tensor.batched)
        for port, gradient in zip(followed, gradients, strict=True):
            if gradient is not None:
                held = self._held((port.layer, port.output), port.tensor.shape)
                held[rows] |= _told(gradient[:count], layer)

    def _numbers(self, shape: "Sequence[int]") -> Tensor:
        return torch.rand(1, *shape, generator=self.random, dtype=torch.float64) + 0.5

    def _held(self, output: "Output", shape: "Sequence[int]") -> Tensor:
        if output not in self.wanted:
            self.wanted[output] = torch.zeros(len(self.units), *shape, dtype=torch.bool)
        return self.wanted[output]

    def end(self) -> None:
        """What is wanted of the inputs is what was reached."""
        self.found.inputs.update({name: tensor for (name, _), tensor in self.wanted.items()})


def _rows(wanted: "Iterable[Tensor]", units: int) -> list[int]:
    """Units that want anything of some outputs."""
    any_wanted = torch.zeros(units, dtype=torch.bool)
    for tensor in wanted:
        any_wanted |= tensor.reshape(units, -1).any(1)
    return [row for row in range(units) if any_wanted[row]]


def _slice(rows: list[int]) -> "Rows":
    """The same rows, which need no copies where they follow each other."""
    first, last = rows[0], rows[-1]
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


def _told(gradient: Tensor, layer: "TracedLayer") -> Tensor:
    if layer.type not in NOISE:
        return gradient != 0
    size = gradient.abs()
    return size > NOISE[layer.type] * size.max()


def _samples_meet(layer: "TracedLayer") -> bool:
    """Whether samples are not apart.

    Terms on scores are one for all, a softmax may run along the batch, and a norm without running statistics
    takes those of the batch.
    """
    if layer.arguments.normalizes is Statistics.BATCH and not layer.facts.buffers:
        return True
    if layer.type in SHARES:
        axes = len(layer.output.shape) + 1
        dim = layer.resolved["dim"]
        return not isinstance(dim, int) or dim % axes == 0
    return layer.facts.attention is not None and len(layer.inputs) > BIASED


def _reads_parts(layer: "TracedLayer", wanted: "Mapping[str, Tensor]") -> bool:
    """Whether single numbers may read less than is stated.

    So it is where axes are joined, and among features that are mixed in groups, heads or pairs: of these what
    some read is not what all of them read together.
    """
    dense = layer.type in DENSE and layer.resolved.get("groups", 1) == 1
    for name, tensor in wanted.items():
        for read in (read for reads in layer.facts.reads_of(name) for read in reads):
            if read.sampled or (not dense and read.reach == FEATURES and _some_of(tensor, read.to)):
                return True
    return False


def _some_of(wanted: Tensor, axis: int | None) -> bool:
    """Whether anything is wanted of some places along an axis, and not of others."""
    if axis is None:
        return True
    return not wanted.any(axis + 1).equal(wanted.all(axis + 1))
