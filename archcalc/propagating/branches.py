"""The ends of residual branches: the last norm and the last map in front of each sum."""

from typing import TYPE_CHECKING

from archcalc.layers.mathematics import Merge
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing import Trace
    from archcalc.tracing.records import Port, TracedLayer


class BranchEnds(NamedTuple):
    """Names of layers at the ends of residual branches.

    Args:
        norms: the last ones, where a branch ends with one.
        maps: the last weighted layers.
    """

    norms: tuple[str, ...]
    maps: tuple[str, ...]

    def factors(self, name: str) -> "dict[str, float]":
        """Layer -> what the mean square of its weights is multiplied with, by a name of ``LAST``."""
        if name == "depth_scaled":
            return dict.fromkeys(self.maps, 1 / max(1, len(self.maps)))
        return dict.fromkeys(self.norms if name == "zero_last_norm" else self.maps, 0.0)


def branch_ends(trace: "Trace") -> BranchEnds:
    """The ends of all branches that a sum joins with a way around them."""
    norms: dict[str, None] = {}
    maps: dict[str, None] = {}
    for merge in trace.layers:
        if merge.arguments.merges is not Merge.SUM or len(merge.inputs) != 2:  # noqa: PLR2004  a branch, a way around
            continue
        ways = [list(_back(trace, port)) for port in merge.inputs]
        branch = max(ways, key=lambda way: sum(bool(each.facts.macs) for each in way))
        norm = next((each for each in branch if each.arguments.normalizes or each.facts.macs), None)
        last = next((each for each in branch if each.facts.macs), None)
        if norm is not None and norm.arguments.normalizes:
            norms[norm.name] = None
        if last is not None and any(len(way) < len(branch) for way in ways):
            maps[last.name] = None
    return BranchEnds(tuple(norms), tuple(maps))


def _back(trace: "Trace", port: "Port") -> "Iterator[TracedLayer]":
    """Layers from an input of a sum back to where something else reads too, or that is a sum."""
    while True:
        layer = trace.source(port)
        if layer is None or not layer.inputs or trace.only_reader(layer) is None:
            return
        if layer.arguments.merges is Merge.SUM:
            return
        yield layer
        port = layer.inputs[0]
