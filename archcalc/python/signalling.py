"""What the initialisation does, as ``archcalc signal`` has it."""

from typing import TYPE_CHECKING, Unpack

from archcalc.propagating.curing import Mended, holds, mended
from archcalc.propagating.first_step import FirstStep, first_step
from archcalc.propagating.records import SignalReport
from archcalc.propagating.walking import signal as walked
from archcalc.python.opening import depth_given, shapes_given, traced_given, values_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.plotting.figure import Figure
    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.source import Document
    from archcalc.tracing import Trace


@dataclass(frozen=True, repr=False)
class SignalOfNetwork(Shown, SignalReport):
    """A network's signal and gradient before the first step.

    Args:
        network: the network.
        verdict: whether it can begin to learn, and what is to blame.
        cures: what was made and mends it.
        depth: containers below it are folded in the table; None: none.
    """

    network: "Trace | None" = None
    verdict: FirstStep | None = None
    cures: tuple[Mended, ...] = ()
    depth: int | None = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc signal`` prints."""
        from archcalc.render.signal import signal_table

        if self.network is None or self.verdict is None:
            return []
        return [signal_table(self.network, self, self.verdict, self.cures, self.depth)]

    def figure(self) -> "Figure | None":
        """What ``archcalc signal --plot`` draws."""
        from archcalc.render.signal import signal_figure

        if self.network is None or self.verdict is None:
            return None
        return signal_figure(self.network, self, self.verdict)


def signal(
    network: "Network",
    init: "str | Sequence[str]" = (),
    *,
    depth: int | None = None,
    **given: "Unpack[GivenOptions]",
) -> SignalOfNetwork:
    """Second moments of signal and gradient, layer by layer, before the first step.

    Args:
        network: a trace, a spec, its name or file, or its data.
        init: names of initialisations for all layers, over those of the spec.
        depth: fold containers below this depth in the table.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: there is no such initialisation, or an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    trace = traced_given(network, given)
    report = walked(trace, (init,) if isinstance(init, str) else tuple(init))
    found = first_step(trace, report)
    steady = found.ratio is None or holds(found)
    cures = () if steady else mended(trace, report, _retracing(given, trace))
    return SignalOfNetwork(
        *(report.layers, report.inputs, report.init, trace, found, cures, depth_given(depth))
    )


def _retracing(given: "GivenOptions", before: "Trace") -> "Callable[[Document], Trace]":
    """Traces a changed spec with the same variables and inputs."""
    from archcalc.loading import check
    from archcalc.tracing import trace

    def retraced(document: "Document") -> "Trace":
        return trace(check(document), values_given(given), {**before.inputs, **shapes_given(given)})

    return retraced
