"""Groups of dilated layers among others: branches that read what they leave out, or repeat their mistake."""

from operator import ge
from typing import TYPE_CHECKING

from archcalc.analyses.coverage import coverage
from archcalc.analyses.transfer import links
from archcalc.effort import spend
from archcalc.errors import SpecError
from archcalc.facts import Phased, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.transfer import Units
    from archcalc.facts import Reach
    from archcalc.tracing import Trace, TracedLayer

Twin = tuple[str, str, "Reach | None"]
"""What a layer reads, whatever rim is put around it, and its window: equal for layers side by side."""


def is_filled(trace: "Trace", group: "DilationGroup", known: "dict[tuple[Units, str], bool]") -> bool:
    """Whether all units at the end of the group's grid read all of their field, by branches that join it.

    What is read of a whole axis (a global mean, attention, a statistic) tells nothing of a place and does not
    count; windows behind a merge do, up to the next stride. ``known`` keeps what was found so far.
    """
    last = trace.by_name[group.layers[-1]]
    ends = [
        end for axis in group.axes for end in _ends(trace, (last.name, next(iter(last.facts.outputs)), axis))
    ]
    for end in ends:
        if (end, group.input) not in known:
            known[end, group.input] = _reads_all(trace, end, group.input)
        if not known[end, group.input]:
            return False
    return True


def beside_others(trace: "Trace", groups: "Sequence[DilationGroup]") -> "Iterator[DilationGroup]":
    """The groups without those that only stand beside another one.

    Each layer of such a group has a twin in the other: the gate beside a filter repeats its mistake.
    """
    keys = [
        frozenset(
            _twin(trace, trace.by_name[name], axis)
            for axes in group.along
            for name, axis in zip(group.layers, axes, strict=True)
        )
        for group in groups
    ]
    for index, (group, own) in enumerate(zip(groups, keys, strict=True)):
        spend(len(keys))
        larger = any(own < other for other in keys)
        if not larger and own not in keys[:index]:
            yield group


def _twin(trace: "Trace", layer: "TracedLayer", axis: int) -> Twin:
    port = layer.inputs[0]
    before = trace.source(port)
    while before is not None and _adds_a_rim(before):
        port = before.inputs[0]
        before = trace.source(port)
    reaches = (read.reach for read in layer.facts.first_reads if read.to == axis)
    return port.layer, port.output, next(reaches, None)


def _adds_a_rim(layer: "TracedLayer") -> bool:
    """Whether a layer hands on every position of its input, with some more around them, at no cost."""
    if layer.facts.macs != 0 or len(layer.facts.reads) != 1:
        return False
    (port,), (reads,), shape = layer.inputs, layer.facts.reads, layer.output.shape
    moved = all(read.window and read.window.kernel == read.window.stride == 1 for read in reads)
    return moved and shape != port.tensor.shape and all(map(ge, shape, port.tensor.shape))


def _ends(trace: "Trace", units: "Units") -> "list[Units]":
    """The last units behind these that are read with stride 1 all the way."""
    carried_on = {units: False}
    taken = {
        (port.layer, port.output, axis) for port in trace.outputs for axis in range(len(port.tensor.shape))
    }
    spend(len(trace.layers))
    for source, reader, read in links(trace):
        if source in carried_on:
            if reader and read.window and read.window.stride == 1:
                carried_on[source] = True
                carried_on.setdefault(reader, False)
            elif isinstance(read.reach, Window | Phased):
                taken.add(source)
    return [at for at, further in carried_on.items() if not further or at in taken]


def _reads_all(trace: "Trace", units: "Units", source: str) -> bool:
    """Whether a unit leaves out nothing between the first and the last position of an input that it reads."""
    name, output, axis = units
    try:
        read = coverage(trace, name, axis, output=output, local=True)
    except SpecError:  # wider than what is counted position by position
        return False
    found = [at for (name, _), at in read.items() if name == source and at and at.span]
    return bool(found) and all(at.full for at in found)
