"""A network with what is measured of it: every analysis is done once, when a quantity first asks for it."""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.analyses.compute import MacsReport
    from archcalc.analyses.parameters import ParamsReport
    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.footprint.budget import MemoryReport
    from archcalc.tracing import Trace


class Measuring:
    """The analyses of one trace.

    Args:
        trace: the network.
        params, macs, fields: reports that are there already.
    """

    def __init__(
        self,
        trace: "Trace",
        *,
        params: "ParamsReport | None" = None,
        macs: "MacsReport | None" = None,
        fields: "ReceptiveFieldReport | None" = None,
    ) -> None:
        self.trace = self.whole = trace
        known = {"params": params, "macs": macs, "fields": fields}
        self.__dict__.update((name, report) for name, report in known.items() if report is not None)

    @cached_property
    def params(self) -> "ParamsReport":
        """Elements of weights and buffers."""
        from archcalc.analyses.parameters import params

        return params(self.whole)

    @cached_property
    def macs(self) -> "MacsReport":
        """Multiply-accumulates of one sample."""
        from archcalc.analyses.compute import macs

        return macs(self.whole)

    @cached_property
    def fields(self) -> "ReceptiveFieldReport":
        """Receptive fields of all layers."""
        from archcalc.analyses.receptive_field import receptive_fields

        return receptive_fields(self.whole)

    @cached_property
    def memory(self) -> "MemoryReport":
        """Bytes of a run of one sample without gradients."""
        from archcalc.footprint.budget import inference_memory
        from archcalc.footprint.storages import Setting

        return inference_memory(self.whole, Setting())

    @cached_property
    def training_memory(self) -> "MemoryReport":
        """Bytes of a training step of one sample, with AdamW and the loss that the spec states."""
        from archcalc.footprint.storages import Setting
        from archcalc.footprint.training import TrainingRun, training_memory

        return training_memory(self.whole, Setting(training=True), TrainingRun().judged_by(None, self.whole))
