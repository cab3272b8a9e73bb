"""Every fact of one layer, a line each."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import (
    FEATURES,
    FIRST,
    IDENTITY,
    NOTHING,
    PAST,
    UNSAID,
    WHOLE,
    Groups,
    Neighbours,
    Phased,
    Window,
    count,
)
from archcalc.formulas.windows import effective_kernel, positions_spanned
from archcalc.render.cells import shape, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.averages import Averages
    from archcalc.facts import AxisRead, Reach
    from archcalc.tracing import TracedLayer


def layer_lines(layer: "TracedLayer") -> "Iterator[str]":
    """Shapes, weights, buffers, MACs and reads of a layer."""
    facts = layer.facts
    arriving = shapes([port.tensor for port in layer.inputs]).replace("\n", ", ") or "nothing"
    yield f"{layer.type}: {arriving} -> {shapes([layer.output])}"
    for name, tensor in list(facts.outputs.items())[1:]:
        yield f"  output {name} {shape(tensor.shape)} {tensor.dtype}"
    for label, tensors in (("weight", facts.weights), ("buffer", facts.buffers)):
        for name, size in tensors.items():
            yield f"  {f'{label} {name}'.rstrip()} {list(size)}: {prod(size):,}"
    yield f"  params {facts.elements:,}, buffers {count(facts.buffers):,}"
    macs = "not known" if facts.macs is None else f"{facts.macs:,} (FLOPs {2 * facts.macs:,})"
    yield f"  MACs {macs}"
    if facts.averages is not None:
        yield from (f"  {line}" for line in averages_lines(facts.averages, len(layer.output.shape)))
    for name, part in facts.parts.items():
        yield f"  part {name}: params {part.params:,}, MACs {part.macs:,}"
    for output, arriving_reads in {"": facts.reads, **facts.other_reads}.items():
        for port, reads in zip(layer.inputs, arriving_reads, strict=True):
            for axis, read in enumerate(reads):
                padding = _padding(layer, read, port.tensor.shape[axis], output)
                words = _read(read, padding)
                yield f"  {f'{output} reads'.lstrip()} {port}, axis {axis}: {words}"


def averages_lines(found: "Averages", axes: int) -> "Iterator[str]":
    """The axes over which a normalisation takes its means, in training and in evaluation."""
    channels = (
        f"the {found.channels} channels around it"
        if found.sliding
        else f"groups of {found.channels} channels"
    )
    over = [
        *(["the batch"] if found.batch else []),
        *([f"{channels} (axis {found.channel_axis})"] if found.channels > 1 else []),
        *([_axes(found.axes)] if found.axes else []),
    ]
    joined = {*found.axes, *([found.channel_axis] if found.channels > 1 else [])}
    apart = [axis for axis in range(axes) if axis not in joined]
    alone = f", at each place of {_axes(apart)} by itself" if apart else ""
    words = f"over {' and '.join(over)}{alone}" if over else "of each number by itself"
    if found.running:
        yield f"averages in training: {words}"
        yield "averages in evaluation: none, the running statistics of training are taken"
    else:
        yield f"averages in training and in evaluation: {words}"


def _axes(axes: "Sequence[int]") -> str:
    return f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"


NAMED = {
    FEATURES: "all channels or features",
    WHOLE: "all positions",
    IDENTITY: "its own position",
    FIRST: "position 0, repeated",
    PAST: "its own position and all before",
    NOTHING: "nothing, its shape alone",
    UNSAID: "not known",
}


def _read(read: "AxisRead", padding: str) -> str:
    """What a unit reads of an axis, in words; of features in groups, those of one."""
    if read.group is None or read.mixes:
        return _reach(read.reach, padding)
    if isinstance(read.group, Groups):
        return f"the channels or features of its group, one of {read.group.count}"
    return _reach(read.group, f"padding {read.group.padding}")


def _padding(layer: "TracedLayer", read: "AxisRead", length: int, output: str) -> str:
    """Positions that stand before the axis, and those behind it: with 'same' these may be one more."""
    window = read.window
    if window is None or read.to is None:
        return ""
    shape = (layer.facts.outputs[output] if output else layer.output).shape
    span = effective_kernel(window.kernel, window.dilation)
    behind = positions_spanned(shape[read.to], window.stride, span) - window.padding - length
    if dict(layer.arguments).get("padding") == "same":
        return f"padding same ({window.padding}, {behind})"
    return f"padding {window.padding}"


def _reach(reach: "Reach", padding: str) -> str:
    if reach in NAMED:
        return NAMED[reach]
    if isinstance(reach, Window) and (reach.kernel, reach.stride) == (1, 1):
        return f"the position {abs(reach.padding)} {'before' if reach.padding > 0 else 'after'} its own"
    if isinstance(reach, Neighbours):
        return f"its own node and those at most {reach.hops} edge{'' if reach.hops == 1 else 's'} before it"
    if isinstance(reach, Window):
        span = effective_kernel(reach.kernel, reach.dilation)
        return (
            f"kernel {reach.kernel}, stride {reach.stride}, {padding or f'padding {reach.padding}'},"
            f" dilation {reach.dilation} (spans {span})"
        )
    if isinstance(reach, Phased):
        sizes = [len(window) for window in reach.phases]
        return f"{min(sizes)} to {max(sizes)} positions by phase, {len(sizes)} phases"
    return NAMED[WHOLE]
