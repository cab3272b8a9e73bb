"""What a summary and the JSON document tell of a network: analyses, each done when it is first asked."""

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.analyses.compute import MacsReport, macs
from archcalc.analyses.parameters import ParamsReport, params
from archcalc.analyses.receptive_field import ReceptiveFieldReport, receptive_fields
from archcalc.footprint.storages import Setting
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.counting.conventions.torchinfo import TorchinfoCounts
    from archcalc.footprint.footprint import Footprint
    from archcalc.tracing import Trace


@dataclass(frozen=True, repr=False)
class Summary:
    """Parameters, multiply-accumulates, receptive fields and bytes of a network.

    Args:
        network: the network.
        setting: the batch and the precision in which its bytes and work are told.
        known_fields: its receptive fields where they are known already, or count in units of a layer.
    """

    network: "Trace"
    setting: Setting = field(default_factory=Setting)
    known_fields: ReceptiveFieldReport | None = None

    @cached_property
    def params(self) -> ParamsReport:
        """Elements of its weights and buffers."""
        return params(self.network)

    @cached_property
    def macs(self) -> MacsReport:
        """Multiply-accumulates of one sample."""
        return macs(self.network)

    @cached_property
    def of_batch(self) -> MacsReport:
        """Multiply-accumulates of the batch."""
        return self.macs if self.setting.batch == 1 else macs(self.network, self.setting.batch)

    @cached_property
    def fields(self) -> ReceptiveFieldReport:
        """Receptive fields of all layers."""
        return self.known_fields or receptive_fields(self.network)

    @cached_property
    def footprint(self) -> "Footprint":
        """Bytes of what arrives, of weights, and of what training keeps of a forward pass."""
        from archcalc.footprint.footprint import footprint

        return footprint(self.network, self.setting)

    @cached_property
    def by_torchinfo(self) -> "TorchinfoCounts":
        """What stands in their place in torchinfo."""
        from archcalc.counting.conventions.torchinfo import torchinfo_counts

        return torchinfo_counts(self.network, self.setting)


def summary(trace: "Trace", fields: ReceptiveFieldReport | None = None) -> Summary:
    """All of it for one sample; ``fields`` where they are known already."""
    return Summary(trace, known_fields=fields)
