"""The run that ``archcalc memory`` is asked about, at any count of what grows to a limit."""

from typing import TYPE_CHECKING

from archcalc.cli.lengths import Decoder, SoughtSize
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.footprint.running import MemoryRun
    from archcalc.render.running import Fit
    from archcalc.tracing import Trace

BATCH, CONTEXT = "batch", "context"
"""What may grow beside sizes of the network."""


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run, and what of it grows to a limit.

    Args:
        trace: the network as it is given.
        run: how it is run.
        named: what grows, as it was asked for.
        growing: a size of the network, or the tokens that a decoder has read; None: the batch.
    """

    trace: "Trace"
    run: "MemoryRun"
    named: str
    growing: SoughtSize | Decoder | None

    @property
    def name(self) -> str:
        """What grows."""
        return self.growing.name if isinstance(self.growing, SoughtSize) else self.named

    def at(self, count: int) -> "tuple[Trace, MemoryRun] | None":
        """The network and the run of a count; None: the network refuses it."""
        if self.growing is None:
            return self.trace, self.run.of_batch(count)
        if isinstance(self.growing, Decoder):
            return (self.trace, self.run.of_context(count)) if self.growing.takes(count) else None
        found = self.growing.at(count)
        return None if found is None else (found, self.run)

    def fitting(self, limit: int) -> "Fit":
        """The largest count within a limit."""
        from archcalc.footprint.fitting import largest_fitting, longest_fitting
        from archcalc.render.running import Fit

        def bytes_of(count: int) -> int | None:
            if isinstance(self.growing, Decoder):
                # What is too much need not be traced.
                taken = self.run.of_context(count).peak(self.trace)
                return taken if taken > limit or self.growing.takes(count) else None
            found = self.at(count)
            return None if found is None else found[1].peak(found[0])

        if self.growing is None:
            found = largest_fitting(lambda count: bytes_of(count) or 0, limit)
        else:
            found = longest_fitting(bytes_of, limit, self.growing.start)
        return Fit(found, limit, self.name)
