"""Whether two ways to put layers together give the same numbers, with the same weights, on random ones."""

from math import prod
from typing import TYPE_CHECKING
from zlib import crc32

import torch
from torch import Tensor, nn

from archcalc.bridge.meeting import met
from archcalc.bridge.modules.reading import BARE
from archcalc.bridge.network import made
from archcalc.bridge.samples import samples
from archcalc.bridge.table import called
from archcalc.comparing.decomposing import drops_some, opens, without_ones
from archcalc.errors import Fault
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.comparing.places import OpenPlace, PlaceMeeting
    from archcalc.tracing import Port, Trace

    Held = dict[tuple[str, str], Tensor]

BATCH = 2
NUMBER = 8
"""Bytes of a float64."""
MAX_BYTES = 2_000_000_000
"""Memory that one place may need."""
MAX_MACS = 20_000_000_000
"""Multiply-accumulates of one place: some seconds."""
SCALES = (1.0, 1e-3, 1e3)
"""Of the random numbers: what is bounded, or is but nearly the same, shows at one of them."""
CLOSE = 1e-9
"""By how much of the largest number two may differ. Sums in another order differ by 1e-15 a term."""

REFUSED = RuntimeError, ValueError, TypeError, IndexError, KeyError, AssertionError, MemoryError, Fault
"""What torch, or the building of a module, says where a place cannot be run."""


def same_numbers(place: "OpenPlace") -> bool:
    """Whether all that arrives behind a place is the same in both networks.

    Layers that both have give random numbers, equal ones on both sides, small ones and large ones; the layers
    of the place are built, with equal random weights, and run in double precision, at inference. What drops
    numbers in training multiplies each of them with another one here. A place that is too large to be run, or
    that torch refuses, is not the same.
    """
    if _too_large(place):
        return False
    kept = torch.get_rng_state()  # the caller's random numbers go on as if nothing had been drawn
    with torch.no_grad():
        try:
            return _run(place)
        except REFUSED:
            return False
        finally:
            torch.set_rng_state(kept)


def _too_large(place: "OpenPlace") -> bool:
    layers = [layer for each in place.layers for layer in each]
    asked = [layer.facts.attention for layer in layers]
    numbers = sum(2 * BATCH * each.heads * each.queries * each.keys for each in asked if each)
    numbers += sum(prod(shape) for layer in layers for shape in layer.facts.weights.values())
    return numbers * NUMBER > MAX_BYTES or sum(layer.facts.macs or 0 for layer in layers) > MAX_MACS


def _run(place: "OpenPlace") -> bool:
    modules = [{layer.name: made(layer).eval().double() for layer in layers} for layers in place.layers]
    _share(*modules)
    inputs = dict(zip(place.traces[0].inputs, samples(place.traces[0], BATCH), strict=True))
    own = {name: name for name in place.same.values()}

    def tried(scale: float, *, through: bool) -> bool:
        sides = [
            _Side(trace, built, names, inputs, scale, through=through)
            for trace, built, names in zip(place.traces, modules, (own, place.same), strict=True)
        ]
        return all(_equal(meeting, *sides) for meeting in place.meetings)

    return any(all(tried(scale, through=through) for scale in SCALES) for through in (False, True))


def _share(ours: "Mapping[str, nn.Module]", theirs: "Mapping[str, nn.Module]") -> None:
    """Give both sides equal random numbers: tensors of one name, then one of a shape after the other."""
    left = dict(_tensors(theirs))
    for name, tensor in sorted(_tensors(ours), key=lambda item: item[0] not in left):
        shape = without_ones(tuple(tensor.shape))
        same = (each for each in left if without_ones(tuple(left[each].shape)) == shape)
        other = left.pop(name if name in left else next(same))
        if tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5)
        if isinstance(tensor, nn.Parameter) and tensor.is_floating_point():
            tensor.mul_(torch.randn(tensor.shape, dtype=tensor.dtype).sign())  # buffers may be variances
        other.copy_(tensor.reshape(other.shape))


def _tensors(modules: "Mapping[str, nn.Module]") -> "Iterator[tuple[str, Tensor]]":
    """All that modules hold, by its full name."""
    for layer, module in modules.items():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            yield tensor_name(layer, "" if name == BARE else name), tensor


class _Side:
    """One network: what it calculates, from what both have.

    Args:
        trace: the network.
        built: modules of the layers of the place.
        names: name of a layer or input that both have -> that in the first network.
        inputs: random samples for the inputs of the first network.
        scale: of the random numbers that layers which both have give.
        through: go back through what only joins or moves numbers, though both have it.
    """

    def __init__(
        self,
        trace: "Trace",
        built: dict[str, nn.Module],
        names: "Mapping[str, str]",
        inputs: dict[str, Tensor],
        scale: float,
        *,
        through: bool,
    ) -> None:
        self.trace, self.built, self.names, self.inputs = trace, built, names, inputs
        self.scale, self.through = scale, through
        self.held: Held = {}
        self.numbers = 0

    def value(self, port: "Port") -> Tensor:
        """What stands at an output; in double precision."""
        key = port.layer, port.output
        left = [port]
        while left:  # no recursion: a chain may be long
            each = left[-1]
            needed = [
                before for before in self._needed(each) if (before.layer, before.output) not in self.held
            ]
            if needed:
                left.extend(needed)
                continue
            if (each.layer, each.output) not in self.held:
                self._fill(each)
            left.pop()
        return self.held[key]

    def _needed(self, port: "Port") -> "Sequence[Port]":
        return self.trace.by_name[port.layer].inputs if self._runs(port) else ()

    def _runs(self, port: "Port") -> bool:
        """Whether it is calculated: in the place, or whole numbers, which may be positions of something."""
        if port.layer in self.built:
            return True
        layer = self.trace.by_name.get(port.layer) if port.layer not in self.trace.inputs else None
        return layer is not None and (not port.tensor.is_float or (self.through and opens(layer)))

    def _fill(self, port: "Port") -> None:
        if not self._runs(port):
            self._keep(port.layer, port.output, self._common(port))
            return
        layer = self.trace.by_name[port.layer]
        module = self.built.get(layer.name) or made(layer).eval().double()
        read = [self.held[each.layer, each.output] for each in layer.inputs]
        if drops_some(layer):
            (kept,) = read
            self._keep(port.layer, port.output, kept * torch.arange(kept.numel()).reshape(kept.shape).cos())
            return
        torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
        for name, found in zip(layer.facts.outputs, called(module, *met(layer, read)), strict=True):
            self._keep(layer.name, name, found)

    def _keep(self, layer: str, output: str, found: Tensor) -> None:
        self.held[layer, output] = found.double() if found.is_floating_point() else found
        self.numbers += found.numel()
        if self.numbers * NUMBER > MAX_BYTES:
            raise MemoryError(f"more than {MAX_BYTES:,} bytes")

    def _common(self, port: "Port") -> Tensor:
        """Random numbers that are the same for the same output in both networks."""
        name = self.names[port.layer]
        if name in self.inputs:
            return self.inputs[name]
        drawn = torch.Generator().manual_seed(crc32(f"{name}:{port.output}".encode()))
        shape = BATCH if port.tensor.batched else 1, *port.tensor.shape
        return self.scale * torch.randn(shape, generator=drawn, dtype=torch.float64)


def _equal(meeting: "PlaceMeeting", ours: _Side, theirs: _Side) -> bool:
    """Whether what arrives is the same, one by one, or in some order."""
    left = [theirs.value(port) for port in meeting.theirs]
    for port in meeting.ours:
        mine = ours.value(port)
        at = next((at for at, other in enumerate(left) if _close(mine, other)), None)
        if at is None or (at and not meeting.any_order):
            return False
        left.pop(at)
    return not left


def _close(mine: Tensor, other: Tensor) -> bool:
    if mine.shape != other.shape or mine.is_floating_point() != other.is_floating_point():
        return False
    if not mine.is_floating_point():
        return bool((mine == other).all())
    finite = mine.isfinite()
    if not bool((finite == other.isfinite()).all()) or 2 * int(finite.sum()) < mine.numel():
        return False  # numbers that are none tell nothing
    size = float(mine[finite].abs().max()) if mine.numel() else 0.0
    return bool(((mine - other)[finite].abs() <= CLOSE * size).all())
