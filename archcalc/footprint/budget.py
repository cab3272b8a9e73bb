"""The bytes of a run, itemised: what is held, what comes and goes, and the most at once."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.footprint.held import buffer_bytes, own_weights
from archcalc.footprint.liveness import inference_peak
from archcalc.footprint.sharing import ALL_OF_IT, WEIGHTS, DeviceShare
from archcalc.records import dataclass
from archcalc.tracing.times import with_times

if TYPE_CHECKING:
    from archcalc.footprint.liveness import Alive
    from archcalc.footprint.saved import NotAllKnown
    from archcalc.footprint.storages import Setting
    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True)
class Amount:
    """A part of the bytes: what it is, how many, and where or of what."""

    name: str
    bytes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """The bytes of a run.

    Args:
        held: what is there all the time.
        moments: what is there at most in each part of the run, with all that is held.
        alive: tensors that are alive at the peak of a run without gradients, the largest first.
        unknown: layers of which not all is known that training keeps, so that all sums are lower bounds.
        unsaid: what else makes the sums lower bounds.
    """

    held: tuple[Amount, ...]
    moments: tuple[Amount, ...]
    alive: "tuple[Alive, ...]" = ()
    unknown: "tuple[NotAllKnown, ...]" = ()
    unsaid: tuple[str, ...] = ()

    @property
    def peak(self) -> Amount:
        """The moment at which most bytes are there."""
        return max(self.moments, key=lambda moment: moment.bytes)


def inference_memory(
    trace: "Trace", setting: "Setting", share: DeviceShare = ALL_OF_IT, kept: Amount | None = None
) -> MemoryReport:
    """Bytes of a forward pass without gradients.

    Args:
        trace: the network, or a stage of it.
        setting: how it is run.
        share: what one of several devices has of it.
        kept: what is held besides: the cache of a decoder.
    """
    setting = replace(setting, training=False)
    peak = inference_peak(trace, setting)
    held = (*held_amounts(trace, setting, share), *([kept] if kept else []))
    total = sum(item.bytes for item in held) + peak.bytes
    return MemoryReport(held, (Amount("forward", total, f"at {peak.layer}"),), peak.alive)


def held_amounts(trace: "Trace", setting: "Setting", share: DeviceShare = ALL_OF_IT) -> tuple[Amount, ...]:
    """Weights and buffers, which are there in every run, as far as a device has them."""
    every = [
        (times, share.of(weight, WEIGHTS))
        for times, layer in with_times(trace.layers)
        for weight in own_weights(layer, setting)
    ]
    numbers = sum(times * prod(weight.shape) for times, weight in every)
    return (
        Amount("weights", sum(times * weight.bytes for times, weight in every), f"{numbers:,} numbers"),
        Amount("buffers", buffer_bytes(trace, setting)),
    )
