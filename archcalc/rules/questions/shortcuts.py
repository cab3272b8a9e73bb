"""Shortcuts: additions of what a branch makes of a tensor and of that tensor itself, or of its projection."""

from typing import TYPE_CHECKING

from archcalc.facts import Phased, Window
from archcalc.layers.mathematics import Merge
from archcalc.rules.language import Port, TracedLayer
from archcalc.rules.questions.functions import bends
from archcalc.rules.questions.maps import is_weighted
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing import Trace

MAX_BODY = 100
"""Layers of a branch; what is longer is no residual block."""
MAX_WAYS = 4
"""Inputs of an addition; one of more is a sum of features."""


class Shortcut(NamedTuple):
    """A branch with a way around it.

    Args:
        merge: the addition.
        fork: what both ways read.
        way: layers on the shortcut, from the merge back to the fork; none: the identity.
        end: what the merge reads of the branch.
        body: layers of the branch, in execution order.
    """

    merge: TracedLayer
    fork: Port
    way: tuple[TracedLayer, ...]
    end: Port
    body: tuple[TracedLayer, ...]

    @property
    def bends(self) -> bool:
        """Whether the branch has a weighted map and an activation, and so is more than one linear map."""
        return any(map(bends, self.body)) and any(map(is_weighted, self.body))

    @property
    def reads_fork_alone(self) -> bool:
        """Whether all that the branch reads comes from the fork, or is one for all samples."""
        inside = {layer.name for layer in self.body}
        return all(
            port == self.fork or port.layer in inside or not port.tensor.batched
            for layer in self.body
            for port in layer.inputs
        )

    @property
    def keeps_places(self) -> bool:
        """Whether the branch goes neither down to fewer positions nor up to more."""
        return not any(map(_resamples, self.body))


def shortcuts_of(trace: "Trace") -> "Iterator[Shortcut]":
    """Every pair of a shortcut and a branch that an addition of equal shapes joins.

    A shortcut has no activation, and its layers read one tensor each and nothing else reads them.
    """
    order = {layer.name: index for index, layer in enumerate(trace.layers)}
    for merge in trace.layers:
        shapes = {port.tensor.shape for port in merge.inputs}
        if merge.arguments.merges is not Merge.SUM or len(shapes) > 1 or len(merge.inputs) > MAX_WAYS:
            continue
        for port in merge.inputs:
            fork, way = _way(trace, port)
            if any(map(bends, way)):
                continue
            for end in merge.inputs:
                body = _body(trace, fork, end, order) if end is not port else ()
                if body:
                    yield Shortcut(merge, fork, way, end, body)


def _way(trace: "Trace", port: Port) -> tuple[Port, tuple[TracedLayer, ...]]:
    """Back from an input of an addition to what more than one layer reads."""
    way: list[TracedLayer] = []
    while True:
        layer = trace.source(port)
        if layer is None or len(layer.inputs) != 1 or trace.only_reader(layer) is None:
            return port, tuple(way)
        way.append(layer)
        port = layer.inputs[0]


def _body(trace: "Trace", fork: Port, end: Port, order: "dict[str, int]") -> tuple[TracedLayer, ...]:
    """The layers from the fork to the end of a branch; none where no way leads there, or one too long."""
    first = order.get(fork.layer, -1)
    between: dict[str, TracedLayer] = {}
    waiting = [end.layer]
    while waiting:
        name = waiting.pop()
        if name in between or order.get(name, -1) <= first:
            continue
        if len(between) == MAX_BODY:
            return ()
        between[name] = trace.by_name[name]
        waiting += (port.layer for port in between[name].inputs)
    reached: dict[str, TracedLayer] = {}
    for layer in sorted(between.values(), key=lambda found: order[found.name]):
        if any(port == fork or port.layer in reached for port in layer.inputs):
            reached[layer.name] = layer
    return tuple(reached.values()) if end.layer in reached else ()


def _resamples(layer: TracedLayer) -> bool:
    """Whether positions of the output lie closer or wider than those of the input."""
    reaches = [read.reach for reads in layer.facts.reads for read in reads if read.to is not None]
    return any(
        (isinstance(reach, Window) and reach.stride != 1)
        or (isinstance(reach, Phased) and reach.shift not in (0, len(reach.phases)))
        for reach in reaches
    )
