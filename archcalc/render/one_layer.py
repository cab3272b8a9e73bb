"""Every fact of one layer, a line each."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import (
    FEATURES,
    FIRST,
    IDENTITY,
    NOTHING,
    PAST,
    WHOLE,
    Groups,
    Neighbours,
    Phased,
    Window,
    count,
)
from archcalc.formulas.windows import effective_kernel
from archcalc.render.cells import shape, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.facts import AxisRead, Reach
    from archcalc.tracing import TracedLayer


def layer_lines(layer: "TracedLayer") -> "Iterator[str]":
    """Shapes, weights, buffers, MACs and reads of a layer."""
    facts = layer.facts
    arriving = shapes([port.tensor.shape for port in layer.inputs]).replace("\n", ", ")
    yield f"{layer.type}: {arriving} -> {shape(layer.output.shape)}"
    for name, tensor in list(facts.outputs.items())[1:]:
        yield f"  output {name} {shape(tensor.shape)} {tensor.dtype}"
    for label, tensors in (("weight", facts.weights), ("buffer", facts.buffers)):
        for name, size in tensors.items():
            yield f"  {f'{label} {name}'.rstrip()} {list(size)}: {prod(size):,}"
    yield f"  params {count(facts.weights):,}, buffers {count(facts.buffers):,}"
    macs = "not known" if facts.macs is None else f"{facts.macs:,} (FLOPs {2 * facts.macs:,})"
    yield f"  MACs {macs}"
    for name, part in facts.parts.items():
        yield f"  part {name}: params {part.params:,}, MACs {part.macs:,}"
    for output, arriving_reads in {"": facts.reads, **facts.other_reads}.items():
        for port, reads in zip(layer.inputs, arriving_reads, strict=True):
            for axis, read in enumerate(reads):
                yield f"  {f'{output} reads'.lstrip()} {port}, axis {axis}: {_read(read)}"


NAMED = {
    FEATURES: "all channels or features",
    WHOLE: "all positions",
    IDENTITY: "its own position",
    FIRST: "position 0, repeated",
    PAST: "its own position and all before",
    NOTHING: "nothing, its shape alone",
}


def _read(read: "AxisRead") -> str:
    """What a unit reads of an axis, in words; of features in groups, those of one."""
    if read.group is None or read.mixes:
        return _reach(read.reach)
    if isinstance(read.group, Groups):
        return f"the channels or features of its group, one of {read.group.count}"
    return _reach(read.group)


def _reach(reach: "Reach") -> str:
    if reach in NAMED:
        return NAMED[reach]
    if isinstance(reach, Window) and (reach.kernel, reach.stride) == (1, 1):
        return f"the position {abs(reach.padding)} {'before' if reach.padding > 0 else 'after'} its own"
    if isinstance(reach, Neighbours):
        return f"its own node and those at most {reach.hops} edge{'' if reach.hops == 1 else 's'} before it"
    if isinstance(reach, Window):
        span = effective_kernel(reach.kernel, reach.dilation)
        return (
            f"kernel {reach.kernel}, stride {reach.stride}, padding {reach.padding},"
            f" dilation {reach.dilation} (spans {span})"
        )
    if isinstance(reach, Phased):
        sizes = [len(window) for window in reach.phases]
        return f"{min(sizes)} to {max(sizes)} positions by phase, {len(sizes)} phases"
    return NAMED[WHOLE]
