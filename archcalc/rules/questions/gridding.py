"""Groups of dilated layers among others: branches that read what they leave out, or repeat their mistake."""

from typing import TYPE_CHECKING

from archcalc.analyses.demand import Units
from archcalc.analyses.positions import EMPTY, Positions, inside, interval, read_by
from archcalc.errors import Fault
from archcalc.facts import Phased, Window
from archcalc.rules.language import TracedLayer
from archcalc.rules.questions.functions import takes_positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.dilation import DilationGroup
    from archcalc.facts import Reach
    from archcalc.tracing import Trace

Twin = tuple[str, str, "Reach"]
"""What a layer reads, whatever rim is put around it, and its window: equal for layers side by side."""


def filled(trace: "Trace", group: "DilationGroup", known: "dict[tuple[Units, str], bool]") -> bool:
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
        frozenset(_twin(trace, trace.by_name[name], axis) for name in group.layers for axis in group.axes)
        for group in groups
    ]
    for index, (group, own) in enumerate(zip(groups, keys, strict=True)):
        larger = any(own < other for other in keys)
        if not larger and own not in keys[:index]:
            yield group


def _twin(trace: "Trace", layer: TracedLayer, axis: int) -> Twin:
    port = layer.inputs[0]
    before = trace.source(port)
    while before is not None and takes_positions(before):
        port = before.inputs[0]
        before = trace.source(port)
    return port.layer, port.output, layer.facts.reads[0][axis].reach


def _ends(trace: "Trace", units: Units) -> list[Units]:
    """The last units behind these that are read with stride 1 all the way."""
    found: list[Units] = []
    seen, waiting = {units}, [units]
    while waiting:
        here = waiting.pop()
        behind, leaves = _behind(trace, here)
        new = [unit for unit in behind if unit not in seen]
        seen.update(new)
        waiting += new
        if leaves or not behind:
            found.append(here)
    return found


def _behind(trace: "Trace", units: Units) -> tuple[list[Units], bool]:
    """The units that read these along the axis with stride 1, and whether something else takes them away."""
    name, output, axis = units
    behind: list[Units] = []
    leaves = any((port.layer, port.output) == (name, output) for port in trace.outputs)
    for reader in trace.readers_of(name):
        if reader.output != output:
            continue
        for made in reader.layer.facts.outputs:
            read = reader.layer.facts.reads_of(made)[reader.position][axis]
            if isinstance(read.reach, Window) and read.reach.stride == 1 and read.to is not None:
                behind.append((reader.layer.name, made, read.to))
            else:
                leaves = leaves or isinstance(read.reach, Window | Phased)
    return behind, leaves


def _reads_all(trace: "Trace", units: Units, source: str) -> bool:
    """Whether a unit leaves out nothing between the first and the last position of an input that it reads."""
    wanted: dict[Units, Positions] = {units: interval(0, 0)}
    try:
        for layer in reversed(trace.layers):
            for output, tensor in layer.facts.outputs.items():
                for axis in range(len(tensor.shape)):
                    asked = wanted.pop((layer.name, output, axis), EMPTY)
                    for before, new in _read(layer, output, axis, asked) if asked else ():
                        wanted[before] = wanted.get(before, EMPTY) | new
    except Fault:  # wider than what is followed position by position
        return False
    found = [at for (name, _, _), at in wanted.items() if name == source and at]
    return bool(found) and all(len(at) == at.stop - at.start for at in found)


def _read(
    layer: TracedLayer, output: str, axis: int, asked: Positions
) -> "Iterator[tuple[Units, Positions]]":
    """What these units of a layer read through windows; positions count padding too."""
    for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
        for before, read in enumerate(reads):
            if read.to == axis and isinstance(read.reach, Window | Phased):
                new = read_by(asked, read.reach)
                absent = read.border == "absent"
                new = inside(new, port.tensor.shape[before], "absent") if absent else new
                yield (port.layer, port.output, before), new
