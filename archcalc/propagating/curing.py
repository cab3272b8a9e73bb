"""What would mend a network that cannot begin to learn: each cure is made and judged by the same rules."""

from itertools import islice
from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, Insert
from archcalc.cures.changing import with_changes
from archcalc.cures.making import all_of
from archcalc.cures.shortcutting import MAPS_OF_A_BRANCH, branches_of, norm_in_front_of, norm_to_front
from archcalc.cures.steadying import norm_behind, norms_behind
from archcalc.effort import effort, spend
from archcalc.errors import Fault, SpecError
from archcalc.propagating.branches import branch_ends
from archcalc.propagating.first_step import FirstStep, first_step
from archcalc.propagating.walking import signal
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archcalc.propagating.records import SignalReport
    from archcalc.rules.questions.shortcuts import Shortcut
    from archcalc.source import Document
    from archcalc.tracing import Trace
    from archcalc.tracing.records import TracedLayer

    Retraced = Callable[[Document], Trace]
    Proposal = tuple[str, Trace, tuple[str, ...]]
    """What to do, the network then, and how its weights are drawn."""

DRAWN = ("kaiming_normal", "xavier_uniform", "lecun", "orthogonal")
"""Initialisations that are tried."""
ENDS = ("zero_last_norm", "depth_scaled")
MOST = 3
"""Cures of the first weights that are told, and of the layers."""
MAPS = 4
"""Maps of a branch; a way around more of them is one of a whole network."""
LARGE = 4_000
"""Layers of a network of which nothing is tried: each cure takes as long as what is to be mended."""
TRIED = 500
"""Steps in the time of which a layer of a changed network is gone through, integrals apart."""
READ = 50
"""The same of each input of a layer."""
NEAR = 1_000.0
"""Lengths of gradients that one learning rate serves lie within this factor, and those of the signal."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A cure that was made, and what came of it.

    Args:
        words: what to do.
        found: the verdict then.
        network: the network then.
        init: how its weights are drawn.
    """

    words: str
    found: FirstStep
    network: "Trace"
    init: tuple[str, ...]


def mended(trace: "Trace", report: "SignalReport", retraced: "Retraced | None" = None) -> tuple[Mended, ...]:
    """Cures that make gradient and signal hold, those of the first weights before those of the layers.

    Args:
        trace: the network.
        report: its signal.
        retraced: traces a changed spec in the same way; None: there is no spec to change.
    """
    if len(trace.layers) > LARGE:
        return ()
    weights = _drawn_otherwise(trace, report)
    layers = _put_otherwise(trace, report, retraced) if retraced is not None else ()
    with effort(trace):  # for all of them together
        return (*islice(_holding(weights), MOST), *islice(_holding(layers), MOST))


def _holding(proposed: "Iterable[Proposal]") -> "Iterator[Mended]":
    """Those behind which both hold, by the same rules; none behind one that takes too much work."""
    for words, changed, init in proposed:
        try:
            spend(TRIED * len(changed.layers) + READ * sum(len(layer.inputs) for layer in changed.layers))
            after = first_step(changed, signal(changed, init))
        except SpecError:
            return
        if holds(after):
            yield Mended(words, after, changed, init)


def holds(found: FirstStep) -> bool:
    """Whether one learning rate can serve the first and the last layers, and the signal stays in range."""
    forward = found.forward
    through = forward is None or 1 / NEAR <= forward.ratio <= NEAR
    return found.ratio is not None and 1 / NEAR <= found.ratio <= NEAR and through


def _drawn_otherwise(trace: "Trace", report: "SignalReport") -> "Iterator[Proposal]":
    for name in (*DRAWN, *(ENDS if branch_ends(trace).maps else ())):
        if name not in report.init:
            yield f"init: {name}", trace, (*report.init, name)


def _put_otherwise(trace: "Trace", report: "SignalReport", retraced: "Retraced") -> "Iterator[Proposal]":
    for words, cure in _of_layers(trace):
        changed = _changed(trace, cure, retraced)
        if changed is not None:
            yield words, changed, report.init


def _of_layers(trace: "Trace") -> "Iterator[tuple[str, Cure]]":
    """Norms behind maps, ways around them, and norms in front of branches."""
    maps = [layer for layer in trace.layers if layer.arguments.linear and layer.facts.macs and layer.inputs]
    plain = [layer for layer in maps if not _normalized(trace, layer)]
    if len(plain) > 1:
        cure = norms_behind(plain)
        changed = {change.origin.path for change in cure.changes if isinstance(change, Insert)}
        times = sum(layer.origin.path in changed for layer in plain)
        yield f"{norm_behind(plain[0])} behind each of {times} maps", cure
    branches = tuple(_branches(trace))
    yield from _shortcuts(trace, {layer.name for each in branches for layer in each.body})
    yield from _norms_in_front(trace, branches)


def _branches(trace: "Trace") -> "Iterator[Shortcut]":
    """Those with a few maps whose way around changes nothing."""
    from archcalc.rules.questions.shortcuts import shortcuts_of

    for each in shortcuts_of(trace):
        if not each.way and 0 < sum(bool(layer.facts.macs) for layer in each.body) <= MAPS:
            yield each


def _shortcuts(trace: "Trace", inside: set[str]) -> "Iterator[tuple[str, Cure]]":
    """A way around every two maps that have none and keep the shape, around each, or its function too."""
    document = trace.layers[0].origin.in_spec.document
    plain = [layer for layer in trace.layers if layer.name not in inside]
    for most in MAPS_OF_A_BRANCH:
        wraps = branches_of(plain, document, most)
        if wraps:
            yield f"a shortcut (Residual) around every {'two maps' if most > 1 else 'map'}", Cure(wraps)
    wraps = branches_of(plain, document, 1, bent=True)
    if wraps:
        yield "a shortcut (Residual) around every map and its activation", Cure(wraps)


def _norms_in_front(trace: "Trace", branches: "Sequence[Shortcut]") -> "Iterator[tuple[str, Cure]]":
    """Norms behind sums moved in front of the branches (pre-norm), or norms there that are not yet."""
    behind = [(_norm_behind_sum(trace, each), each.body[0]) for each in branches]
    moves = [norm_to_front(norm, first) for norm, first in behind if norm is not None]
    if moves:
        yield f"pre-norm: {len(moves)} norms in front of branches, not behind sums", all_of(*moves)
    bare = [
        each.body[0]
        for each in branches
        if not any(layer.arguments.normalizes for layer in each.body)
        and _norm_behind_sum(trace, each) is None
    ]
    if bare:
        inserts = (Cure((norm_in_front_of(first),)) for first in bare)
        yield f"pre-norm: a norm in front of each of {len(bare)} branches", all_of(*inserts)


def _norm_behind_sum(trace: "Trace", branch: "Shortcut") -> "TracedLayer | None":
    """The norm that alone reads the sum, if anything is dropped then behind that."""
    layer: TracedLayer | None = branch.merge
    while layer is not None and (layer is branch.merge or layer.arguments.drops):
        layer = trace.only_reader(layer)
    return layer if layer is not None and layer.arguments.normalizes else None


def _normalized(trace: "Trace", layer: "TracedLayer") -> bool:
    """Whether a norm reads what a map makes."""
    readers: Sequence[TracedLayer] = [each.layer for each in trace.readers_of(layer.name)]
    return any(each.arguments.normalizes for each in readers)


def _changed(trace: "Trace", cure: "Cure", retraced: "Retraced") -> "Trace | None":
    """The network with a cure made; None where that cannot be."""
    try:
        return retraced(with_changes(trace.layers[0].origin.in_spec.document, cure.changes))
    except (Fault, SpecError):
        return None
