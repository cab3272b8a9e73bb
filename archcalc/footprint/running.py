"""A run, and its bytes on whatever devices: what the command line asks for."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.footprint.devices.bytes_of_devices import DevicesReport, devices_memory
from archcalc.footprint.devices.placement import ALONE, Placement
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.footprint.cache import CacheSetting
    from archcalc.footprint.storages import Setting
    from archcalc.footprint.training import TrainingRun
    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """How a network is run.

    Args:
        setting: batch (of a device, at a time) and precision.
        training: how it is trained; None: it is not.
        placement: on which devices.
        cache: of a decoder that is run, what is kept between steps; None: nothing.
        batch_stated: the batch is that of the spec, as nothing else was asked for.
    """

    setting: "Setting"
    training: "TrainingRun | None" = None
    placement: Placement = ALONE
    cache: "CacheSetting | None" = None
    batch_stated: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together.

        Raises:
            Fault: a cache in training, states to divide without training.
        """
        if self.training and self.cache:
            raise Fault("training keeps no decode cache", hint="leave out --train or --context")
        if self.placement.zero and self.training is None:
            raise Fault("ZeRO divides what training holds", hint="add --train")

    def of_batch(self, batch: int) -> "MemoryRun":
        """The same with another batch."""
        return replace(self, setting=replace(self.setting, batch=batch), batch_stated=False)

    def of_context(self, context: int) -> "MemoryRun":
        """The same with so many tokens in the cache."""
        return replace(self, cache=replace(self.cache, context=context)) if self.cache else self

    def memory(self, trace: "Trace") -> DevicesReport:
        """Its bytes.

        Raises:
            Fault: the network cannot be divided so, or is no decoder.
        """
        return devices_memory(trace, self.setting, self.training, self.placement, self.cache)

    def peak(self, trace: "Trace") -> int:
        """The most bytes that a device needs."""
        report = self.memory(trace)
        return report.stages[report.worst].memory.peak.bytes
