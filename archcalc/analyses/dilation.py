"""Dilation coverage: groups of dilated layers, the paper's verdict (HDC) and the exact one.

A group is a longest run of windows on one feature grid (no stride between them) with at least one rate
above 1. It is judged as a whole chain: by the positions of the network's input that a unit behind it
reads, through the strides and layers before it (Wang et al. 2018, arXiv 1702.08502, for the paper's rule).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.analyses.coverage import Coverage, check_span, coverage
from archcalc.errors import Fault, Problem, SpecError
from archcalc.facts import Window
from archcalc.formulas.dilation import coverage_counts, field_size, nearest_full_rates, paper_m, paper_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.facts import AxisRead
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class DilationCheck:
    """Rates on one grid, from the input on.

    Args:
        kernels: taps per layer.
        rates: dilation per layer, in positions of the grid.
        m: the paper's M_1 .. M_n.
        paper: the paper's verdict M_2 <= K; None where the paper defines nothing.
        coverage: positions of the grid that one unit reads, of the span.
        nearest: nearest rates without holes, when there are holes and such rates exist.
    """

    kernels: tuple[int, ...]
    rates: tuple[int, ...]
    m: tuple[int, ...]
    paper: bool | None
    coverage: Coverage
    nearest: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class DilationGroup:
    """A group of dilated layers in a network.

    Args:
        layers: names, from the input on.
        axes: the axes of the layers' shapes that it stands for.
        jump: input positions between two neighbouring units in front of the group.
        alone: the check of the rates on the group's own grid.
        input: name of the network's input.
        reads: positions of that input that one unit behind the group reads; None: all of them.
        nearest: nearest rates that leave no hole in the input, when there are holes.
    """

    layers: tuple[str, ...]
    axes: tuple[int, ...]
    jump: int
    alone: DilationCheck
    input: str
    reads: Coverage | None
    nearest: tuple[int, ...] | None

    @property
    def full(self) -> bool:
        """The verdict that decides: no input position within the receptive field is left out."""
        return self.reads is None or self.reads.full


def check_rates(rates: "Sequence[int]", kernels: "Sequence[int]") -> DilationCheck:
    """Both verdicts on a stack of dilated layers with stride 1.

    Raises:
        Fault: the span is too wide to count its positions one by one.
    """
    check_span(field_size(kernels, rates))
    counts = Coverage(0, coverage_counts(kernels, rates))
    nearest = None if counts.full else nearest_full_rates(rates, kernels)
    return DilationCheck(
        tuple(kernels), tuple(rates), paper_m(rates), paper_verdict(rates, kernels), counts, nearest
    )


def dilation_groups(trace: "Trace") -> tuple[DilationGroup, ...]:
    """Every group of dilated layers of a network, in execution order; equal axes are one group.

    Raises:
        SpecError: a group is too wide to count its positions one by one.
    """
    found: dict[tuple[_Link, ...], list[_Chain]] = {}
    for chain in _chains(trace):
        found.setdefault(tuple(chain.links()), []).append(chain)
    return tuple(_group(trace, links, chains) for links, chains in found.items())


@dataclass(frozen=True, slots=True)
class _Link:
    """A window of a chain."""

    layer: str
    kernel: int
    rate: int


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Windows on one grid, as a list linked from the last one back, with the axis they run along."""

    link: _Link
    axis: int
    before: "_Chain | None"
    origin: tuple[str, int]
    """Layer (or input) and axis whose units the first window reads."""
    span: int
    dilated: bool

    def links(self) -> "Iterable[_Link]":
        """Its windows, from the input on."""
        chain: _Chain | None = self
        links: list[_Link] = []
        while chain is not None:
            links.append(chain.link)
            chain = chain.before
        return reversed(links)


def _chains(trace: "Trace") -> "Iterator[_Chain]":
    """Dilated chains that no later layer carries on."""
    at: dict[tuple[str, int], _Chain] = {}
    last: dict[_Chain, None] = {}
    for layer in trace.layers:
        for axis in range(len(layer.output.shape)):
            best: _Chain | None = None
            for source, read in _sources(layer, axis):
                before = at.get(source)
                chain = _carried(before, layer, axis, source, read)
                if chain is not before and chain is not None:
                    last[chain] = None
                    if before is not None:
                        last.pop(before, None)
                if not _ends_grid(read) and chain and (best is None or chain.span > best.span):
                    best = chain
            if best is not None:
                at[layer.name, axis] = best
    return (chain for chain in last if chain.dilated)


def _sources(layer: "TracedLayer", axis: int) -> "Iterator[tuple[tuple[str, int], AxisRead]]":
    """What runs along an output axis: the input's layer and axis, and how it is read."""
    for port, reads in zip(layer.inputs, layer.facts.reads, strict=True):
        for in_axis, read in enumerate(reads):
            if read.to == axis:
                yield (port.layer, in_axis), read


def _carried(
    before: _Chain | None, layer: "TracedLayer", axis: int, source: tuple[str, int], read: "AxisRead"
) -> _Chain | None:
    """The chain behind one read: one window longer, unless it reads single positions."""
    window = read.reach
    if not isinstance(window, Window):
        return None
    if window.kernel == 1:
        return before
    link = _Link(layer.name, window.kernel, window.dilation)
    span = (before.span if before else 1) + (window.kernel - 1) * window.dilation
    dilated = window.dilation > 1 or (before is not None and before.dilated)
    return _Chain(link, axis, before, before.origin if before else source, span, dilated)


def _ends_grid(read: "AxisRead") -> bool:
    return not isinstance(read.reach, Window) or read.reach.stride > 1


def _group(trace: "Trace", links: "Sequence[_Link]", chains: "Sequence[_Chain]") -> DilationGroup:
    kernels, rates = [link.kernel for link in links], [link.rate for link in links]
    chain = chains[0]
    (name, _), reads = _judged(coverage(trace, links[-1].layer, chain.axis))
    jump, start = _grid(trace, chain.origin)
    try:
        alone = check_rates(rates, kernels)
    except Fault as fault:
        last = next(layer for layer in trace.layers if layer.name == links[-1].layer)
        raise SpecError([Problem(last.place, f"{last.name} ({last.type})", fault.fact)]) from None
    full = reads is None or reads.full
    return DilationGroup(
        tuple(link.layer for link in links),
        tuple(chain.axis for chain in chains),
        jump,
        alone,
        name,
        reads,
        None if full or not start else nearest_full_rates(rates, kernels, start, jump),
    )


def _judged(
    reads: "Mapping[tuple[str, int], Coverage | None]",
) -> tuple[tuple[str, int], Coverage | None]:
    """The input with holes if there is one, else the first."""
    holes = (item for item in reads.items() if item[1] is not None and not item[1].full)
    return next(holes, next(iter(reads.items())))


def _grid(trace: "Trace", origin: tuple[str, int]) -> tuple[int, int]:
    """Jump of a grid, and the contiguous input positions that one of its units reads (0: not contiguous)."""
    _, first = _judged(coverage(trace, *origin))
    _, second = _judged(coverage(trace, *origin, unit=1))
    if first is None or second is None:
        return 1, 0
    return second.start - first.start, first.span if first.full else 0
