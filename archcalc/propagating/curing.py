"""What would mend a network that cannot begin to learn: each cure is made and judged by the same rules."""

from typing import TYPE_CHECKING

from archcalc.cures.changing import with_changes
from archcalc.cures.steadying import norm_behind, norms_behind
from archcalc.errors import Fault, SpecError
from archcalc.propagating.branches import branch_ends
from archcalc.propagating.first_step import FirstStep, first_step
from archcalc.propagating.walking import signal
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.cures.changes import Cure
    from archcalc.propagating.records import SignalReport
    from archcalc.source import Document
    from archcalc.tracing import Trace
    from archcalc.tracing.records import TracedLayer

    Retraced = Callable[[Document], Trace]

DRAWN = ("kaiming_normal", "xavier_uniform", "lecun", "orthogonal")
"""Initialisations that are tried."""
ENDS = ("zero_last_norm", "depth_scaled")
MOST = 4
"""Cures that are told."""
LARGE = 4_000
"""Layers of a network of which nothing is tried: each cure takes as long as what is to be mended."""
NEAR = 1_000.0
"""Lengths of gradients that one learning rate serves lie within this factor."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A cure that was made, and what came of it.

    Args:
        words: what to do.
        found: the verdict then.
    """

    words: str
    found: FirstStep


def mended(trace: "Trace", report: "SignalReport", retraced: "Retraced | None" = None) -> tuple[Mended, ...]:
    """Cures that make the gradient hold, those of the first weights before those of the layers.

    Args:
        trace: the network.
        report: its signal.
        retraced: traces a changed spec in the same way; None: there is no spec to change.
    """
    found: list[Mended] = []
    if len(trace.layers) > LARGE:
        return ()
    for words, changed, init in _proposed(trace, report, retraced):
        if len(found) < MOST:
            after = first_step(changed, signal(changed, init))
            if holds(after):
                found.append(Mended(words, after))
    return tuple(found)


def holds(found: FirstStep) -> bool:
    """Whether one learning rate can serve the first and the last layers."""
    return found.ratio is not None and 1 / NEAR <= found.ratio <= NEAR


def _proposed(
    trace: "Trace", report: "SignalReport", retraced: "Retraced | None"
) -> "Iterator[tuple[str, Trace, tuple[str, ...]]]":
    for name in (*DRAWN, *(ENDS if branch_ends(trace).maps else ())):
        if name not in report.init:
            yield f"init: {name}", trace, (*report.init, name)
    if retraced is None:
        return
    for words, cure in _of_layers(trace):
        changed = _changed(trace, cure, retraced)
        if changed is not None:
            yield words, changed, report.init


def _of_layers(trace: "Trace") -> "Iterator[tuple[str, Cure]]":
    """A norm behind every map, and those of post-norm blocks in front."""
    maps = [layer for layer in trace.layers if layer.arguments.linear and layer.facts.macs and layer.inputs]
    plain = [layer for layer in maps if not _normalized(trace, layer)]
    if len(plain) > 1:
        yield f"{norm_behind(plain[0])} behind each of {len(plain) - 1} maps", norms_behind(plain)


def _normalized(trace: "Trace", layer: "TracedLayer") -> bool:
    """Whether a norm reads what a map makes."""
    readers: Sequence[TracedLayer] = [each.layer for each in trace.readers_of(layer.name)]
    return any(each.arguments.normalizes for each in readers)


def _changed(trace: "Trace", cure: "Cure", retraced: "Retraced") -> "Trace | None":
    """The network with a cure made; None where that cannot be."""
    try:
        return retraced(with_changes(trace.layers[0].origin.document, cure.changes))
    except (Fault, SpecError):
        return None
