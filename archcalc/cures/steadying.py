"""Cures of a signal that fades or grows: a norm behind every map."""

from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, behind, setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.cures.changes import Cure
    from archcalc.tracing.records import TracedLayer


def norm_behind(layer: "TracedLayer") -> str:
    """The norm that goes with a map: of the batch behind kernels, of the features behind others."""
    positions = len(layer.output.shape) - layer.mapped - 1
    return f"BatchNorm{positions}d" if kernels(layer) else "LayerNorm"


def kernels(layer: "TracedLayer") -> bool:
    """Whether the channels that a map makes stand before positions."""
    reads = layer.facts.first_reads
    mixed = [axis for axis, read in enumerate(reads) if read.mixes or read.group is not None]
    return mixed == [layer.mapped] and len(layer.output.shape) > layer.mapped + 1


def norms_behind(maps: "Sequence[TracedLayer]") -> "Cure":
    """A norm behind every map but the last; one over the batch takes a bias away."""
    cures: list[Cure] = []
    for layer in maps[:-1]:
        needless = (setting(layer, bias=False),) if kernels(layer) and "bias" in layer.facts.weights else ()
        cures += [behind(layer, norm_behind(layer)), *needless]
    return all_of(*cures, because="each brings the signal back to its size")
