"""Coverage: the input positions that one unit really reads, with how often each is read."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.analyses.hops import not_listed
from archcalc.errors import Fault, Problem, SpecError
from archcalc.facts import Neighbours, Past, Phased, Whole, Window

if TYPE_CHECKING:
    from archcalc.facts import AxisRead, Reach
    from archcalc.tracing import Trace, TracedLayer

Axis = tuple[str, int]
"""Name of a layer or an input, and one of its axes."""


MAX_SPAN = 1_000_000
"""Positions whose reads are counted one by one."""
MAX_READS = 5_000_000
"""Single reads followed at one layer: units wanted of it times taps."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Reads per position of the span, from its first position on; 0: inside the span but never read."""

    start: int
    counts: tuple[int, ...]

    @property
    def span(self) -> int:
        """Positions from the first to the last one read."""
        return len(self.counts)

    @property
    def read(self) -> int:
        """Positions that are read at all."""
        return sum(count > 0 for count in self.counts)

    @property
    def full(self) -> bool:
        """Whether no position of the span is left out."""
        return self.read == self.span


def coverage(
    trace: "Trace", layer: str, axis: int, unit: int = 0, output: str | None = None
) -> dict[Axis, Coverage | None]:
    """What a unit of a layer reads along one of the layer's axes, per input and axis; None: all of it.

    ``output`` names one of the layer's outputs; left out: the first.

    Walks back from the layer to the inputs and adds up the paths that lead to each unit on the way.
    Positions count padding too, so they may be negative.

    Raises:
        SpecError: the field is too wide to count its positions one by one.
    """
    wanted: _Wanted = {(layer, output or trace.output_names(layer)[0]): {axis: Counter({unit: 1})}}
    for traced in reversed(trace.layers):
        for name in traced.facts.outputs:
            for out_axis, counts in wanted.pop((traced.name, name), {}).items():
                try:
                    _spread(traced, name, out_axis, counts, wanted)
                except Fault as fault:
                    subject = f"{traced.name} ({traced.type})"
                    raise SpecError([Problem(traced.place, subject, fault.fact, fault.hint)]) from None
    return {
        (source, in_axis): None if counts is None else _dense(counts)
        for (source, _), at in wanted.items()
        for in_axis, counts in at.items()
    }


_Wanted = dict[tuple[str, str], dict[int, Counter[int] | None]]
"""Layer and output -> axis -> units wanted; None: all of them."""


def _spread(
    layer: "TracedLayer", output: str, axis: int, counts: Counter[int] | None, wanted: _Wanted
) -> None:
    """Hand the reads of a layer's units on to the units of its inputs."""
    for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
        joined = all(read.to != axis for read in reads)
        at = wanted.setdefault((port.layer, port.output), {})
        for in_axis, read in enumerate(reads):
            if read.to != axis and not (joined and read.to is None):
                continue
            here = at.setdefault(in_axis, Counter())
            if here is None:
                continue
            if _whole(read, counts):
                at[in_axis] = None
            elif isinstance(read.reach, Past):
                _add_past(at, in_axis, counts)
            elif read.to is None:
                _add(here, Counter({0: 1}), read, port.tensor.shape[in_axis])
            elif counts is None and _differ(read.reach):
                at[in_axis] = None
            else:
                units = Counter({0: 1}) if counts is None else counts
                _add(here, units, read, port.tensor.shape[in_axis])


def _whole(read: "AxisRead", counts: Counter[int] | None) -> bool:
    """Whether all of an axis is read: by any unit, or by all nodes of a graph together."""
    if isinstance(read.reach, Neighbours) and counts is not None:
        raise not_listed()
    return read.statistic or isinstance(read.reach, Whole | Neighbours)


def _differ(reach: "Reach") -> bool:
    """Whether two units may read different positions."""
    return isinstance(reach, Window | Phased) and (reach.shift != 0 or len(reach.phases) > 1)


def _add_past(at: dict[int, Counter[int] | None], axis: int, counts: Counter[int] | None) -> None:
    """Every position up to each unit, once for that unit; all of them for all units."""
    here = at[axis]
    if counts is None or here is None:
        at[axis] = None
        return
    check_span(max(counts, default=0) + 1)
    running = 0
    for position in range(max(counts, default=-1), -1, -1):
        running += counts[position]
        here[position] += running


def _add(before: Counter[int], counts: Counter[int], read: "AxisRead", length: int) -> None:
    if isinstance(read.reach, Whole | Past | Neighbours):
        return
    shift, phases = read.reach.shift, read.reach.phases
    ends = [end for window in phases if window for end in (window[0], window[-1])]
    if counts and ends:
        turns = max(counts) // len(phases) - min(counts) // len(phases)
        check_span(turns * shift + max(ends) - min(ends) + 1)
        check_reads(len(counts) * max(map(len, phases)))
    for unit, count in counts.items():
        turn, phase = divmod(unit, len(phases))
        for offset in phases[phase]:
            position = turn * shift + offset
            if read.border != "absent" or 0 <= position < length:
                before[position] += count


def check_span(span: int) -> None:
    """Refuse a span whose positions cannot be counted one by one."""
    if span > MAX_SPAN:
        raise Fault(f"coverage follows at most {MAX_SPAN:,} positions, here the span is {span:,}")


def check_reads(reads: int) -> None:
    """Refuse more single reads than can be followed one by one."""
    if reads > MAX_READS:
        raise Fault(f"coverage follows at most {MAX_READS:,} reads of a layer, here there are {reads:,}")


def _dense(counts: Counter[int]) -> Coverage:
    if not counts:
        return Coverage(0, ())
    start = min(counts)
    return Coverage(start, tuple(counts[position] for position in range(start, max(counts) + 1)))
