"""Coverage: the input positions that one unit really reads, with how often each is read."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Problem, SpecError
from archcalc.facts import Whole

if TYPE_CHECKING:
    from archcalc.facts import AxisRead
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


def coverage(trace: "Trace", layer: str, axis: int, unit: int = 0) -> dict[Axis, Coverage | None]:
    """What a unit of a layer reads along one of the layer's axes, per input and axis; None: all of it.

    Walks back from the layer to the inputs and adds up the paths that lead to each unit on the way.
    Positions count padding too, so they may be negative.

    Raises:
        SpecError: the field is too wide to count its positions one by one.
    """
    wanted: dict[Axis, Counter[int] | None] = {(layer, axis): Counter({unit: 1})}
    for traced in reversed(trace.layers):
        for out_axis in range(len(traced.output.shape)):
            key = (traced.name, out_axis)
            if key in wanted:
                try:
                    _spread(traced, out_axis, wanted.pop(key), wanted)
                except Fault as fault:
                    subject = f"{traced.name} ({traced.type})"
                    raise SpecError([Problem(traced.place, subject, fault.fact, fault.hint)]) from None
    return {key: None if counts is None else _dense(counts) for key, counts in wanted.items()}


def _spread(
    layer: "TracedLayer", axis: int, counts: Counter[int] | None, wanted: dict[Axis, Counter[int] | None]
) -> None:
    """Hand the reads of a layer's units on to the units of its inputs."""
    for port, reads in zip(layer.inputs, layer.facts.reads, strict=True):
        joined = all(read.to != axis for read in reads)
        for in_axis, read in enumerate(reads):
            key = (port.layer, in_axis)
            if read.to == axis and counts is not None and not isinstance(read.reach, Whole):
                before = wanted.setdefault(key, Counter())
                if before is not None:
                    _add(before, counts, read, port.tensor.shape[in_axis])
            elif read.to == axis or (joined and read.to is None):
                wanted[key] = None


def _add(before: Counter[int], counts: Counter[int], read: "AxisRead", length: int) -> None:
    if isinstance(read.reach, Whole):
        return
    shift, phases = read.reach.shift, read.reach.phases
    if counts:
        turns = max(counts) // len(phases) - min(counts) // len(phases)
        first, last = min(window[0] for window in phases), max(window[-1] for window in phases)
        check_span(turns * shift + last - first + 1)
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
