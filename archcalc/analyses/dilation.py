"""Dilation coverage: groups of dilated layers, the paper's verdict (HDC) and the exact one.

A group is a longest run of windows on one feature grid (no stride between them) with at least one rate
above 1. It is judged as a whole chain: by the positions of the network's input that a unit behind it
reads, through the strides and layers before it (Wang et al. 2018, arXiv 1702.08502, for the paper's rule).
"""

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.analyses.coverage import Coverage, check_span, coverage, steps_of_rates
from archcalc.analyses.positions import Positions, smeared
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.regions import region_read
from archcalc.analyses.spans import POINT
from archcalc.analyses.transfer import FOLLOWED, links
from archcalc.effort import foresee, one_by_one, spend, with_a_budget
from archcalc.errors import Fault, Problem, SpecError
from archcalc.formulas.dilation import coverage_counts, nearest_full_rates, paper_m, paper_verdict, stack_span
from archcalc.records import dataclass
from archcalc.tracing.shortening import dilates
from archcalc.tracing.times import with_times
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.analyses.transfer import Units
    from archcalc.facts import Window
    from archcalc.tracing import Trace


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


@dataclass(frozen=True, slots=True, repr=False)
class DilationGroup:
    """A group of dilated layers in a network.

    Args:
        layers: names, from the input on.
        axes: the axes of the layers' shapes that it stands for.
        jump: input positions from unit to unit in front of the group; a fraction behind upsampling.
        alone: the check of the rates on the group's own grid.
        input: name of the network's input; or, where the axis begins behind all inputs (features of an
            embedding, a learned map), of the layer whose units the group reads.
        reads: positions of that input that one unit behind the group reads; None: all of them.
        nearest: nearest rates that leave no hole in the input, when there are holes.
        along: for each of ``axes`` the axis of every layer's output, which layers between may move.
    """

    layers: tuple[str, ...]
    axes: tuple[int, ...]
    jump: Fraction
    alone: DilationCheck
    input: str
    reads: Coverage | None
    nearest: tuple[int, ...] | None
    along: tuple[tuple[int, ...], ...] = ()

    def __repr__(self) -> str:
        """The layers, their rates, and the verdict."""
        names = " .. ".join(dict.fromkeys((self.layers[0], self.layers[-1])))
        rates = " ".join(map(str, self.alone.rates))
        return f"<DilationGroup {names}, rates {rates}: {'full' if self.full else 'holes'}>"

    @property
    def full(self) -> bool:
        """The verdict that decides: no input position within the receptive field is left out."""
        return self.reads is None or self.reads.full


def check_rates(rates: "Sequence[int]", kernels: "Sequence[int]", *, counted: bool = True) -> DilationCheck:
    """Both verdicts on a stack of dilated layers with stride 1; ``counted`` is that of ``dilation_groups``.

    Raises:
        Fault: there are no rates, or not as many kernels, or the span is too wide to count its positions.
        SpecError: within a budget, to count them takes more steps.
    """
    if not rates or len(kernels) != len(rates):
        raise Fault(f"{len(kernels)} kernels for {len(rates)} rates", hint="give one kernel for each rate")
    if min(*rates, *kernels) < 1:
        raise Fault(f"rates and kernels are at least 1, got {min(*rates, *kernels)}")
    check_span(stack_span(kernels, rates))
    steps = steps_of_rates(rates, kernels, counted=counted)
    foresee(steps)
    spend(steps)
    reads = Coverage(0, coverage_counts(kernels, rates) if counted else _marks(kernels, rates))
    nearest = None if reads.full else nearest_full_rates(rates, kernels)
    return DilationCheck(
        tuple(kernels), tuple(rates), paper_m(rates), paper_verdict(rates, kernels), reads, nearest
    )


def _marks(kernels: "Sequence[int]", rates: "Sequence[int]") -> tuple[int, ...]:
    """For each position of the span 1 where it is read, else 0."""
    mask = 1
    for kernel, rate in zip(kernels, rates, strict=True):
        mask = smeared(mask, kernel, rate)
    return Positions(0, mask).marks()


@with_a_budget
def dilation_groups(
    trace: "Trace", report: "ReceptiveFieldReport | None" = None, *, counted: bool = True
) -> tuple[DilationGroup, ...]:
    """Every group of dilated layers of a network, in execution order; equal axes are one group.

    ``report`` has the network's receptive fields, where they are known already. Not ``counted`` are how often
    a position is read: those that are read have 1, which is found many times faster.

    Raises:
        SpecError: a group is too wide to count its positions one by one.
    """
    if not any(dilates(layer) for _, layer in with_times(trace.layers)):
        return ()
    one_by_one(trace, "a look for groups of dilated layers")
    found: dict[tuple[_Link, ...], list[_Chain]] = {}
    for chain in _chains(trace):
        found.setdefault(tuple(chain.links()), []).append(chain)
    if found:
        depths = _longest_ways(trace)
        foresee(sum(FOLLOWED * depths[links[-1].layer] for links in found))
    fields = report or receptive_fields(trace) if found else None
    return tuple(
        _group(trace, fields, links, chains, counted=counted) for links, chains in found.items() if fields
    )


def _longest_ways(trace: "Trace") -> "Mapping[str, int]":
    """Name of a layer -> layers on the longest way to it, which a walk back goes through."""
    found: dict[str, int] = {}
    for layer in trace.layers:
        found[layer.name] = 1 + max((found.get(port.layer, 0) for port in layer.inputs), default=0)
    return found


class _Link(NamedTuple):
    """A window of a chain, and the output that it makes."""

    layer: str
    output: str
    kernel: int
    rate: int


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Windows on one grid, as a list linked from the last one back, with the axis they run along."""

    link: _Link
    axis: int
    before: "_Chain | None"
    origin: "Units"
    """Whose units the first window reads."""
    span: int
    dilated: bool

    def links(self) -> "Iterable[_Link]":
        """Its windows, from the input on."""
        chain: _Chain | None = self
        links: list[_Link] = []
        while chain is not None:
            links.append(chain.link)
            chain = chain.before
        spend(len(links))
        return reversed(links)

    def axes(self) -> tuple[int, ...]:
        """The axis along which each of its windows runs, from the input on."""
        chain: _Chain | None = self
        found: list[int] = []
        while chain is not None:
            found.append(chain.axis)
            chain = chain.before
        return tuple(reversed(found))


def _chains(trace: "Trace") -> "Iterator[_Chain]":
    """Dilated chains that no later layer carries on."""
    at: dict[Units, _Chain] = {}  # the widest that reaches the units of an axis, if a window can carry it on
    last: dict[_Chain, None] = {}
    for source, units, read in links(trace):
        window = read.window
        if window is None or units is None:
            continue
        chain = before = at.get(source)
        if window.kernel > 1:
            chain = _carried(before, units, source, window)
            last[chain] = None
            if before is not None:
                last.pop(before, None)
        if chain and window.stride == 1 and (units not in at or chain.span > at[units].span):
            at[units] = chain
    return (chain for chain in last if chain.dilated)


def _carried(before: _Chain | None, units: "Units", source: "Units", window: "Window") -> _Chain:
    """A chain, one window longer."""
    layer, output, axis = units
    link = _Link(layer, output, window.kernel, window.dilation)
    span = (before.span if before else 1) + (window.kernel - 1) * window.dilation
    dilated = window.dilation > 1 or (before is not None and before.dilated)
    return _Chain(link, axis, before, before.origin if before else source, span, dilated)


def _group(
    trace: "Trace",
    fields: "ReceptiveFieldReport",
    links: "Sequence[_Link]",
    chains: "Sequence[_Chain]",
    *,
    counted: bool,
) -> DilationGroup:
    kernels, rates = [link.kernel for link in links], [link.rate for link in links]
    chain = chains[0]
    last = links[-1]
    try:
        alone = check_rates(rates, kernels, counted=counted)
    except Fault as fault:
        layer = trace.by_name[last.layer]
        raise SpecError([Problem(layer.place, layer.subject, fault.fact)]) from None
    names, axes = tuple(link.layer for link in links), tuple(chain.axis for chain in chains)
    along = tuple(chain.axes() for chain in chains)
    marked = {} if counted else _marked(trace, fields, (last.layer, last.output, chain.axis))
    judged = _judged(marked or coverage(trace, last.layer, chain.axis, output=last.output))
    if judged is None:  # nothing of an input runs along the axis: the group's own grid is all there is
        origin = chain.origin[0]
        return DilationGroup(names, axes, Fraction(1), alone, origin, alone.coverage, alone.nearest, along)
    (name, _), reads = judged
    jump, start = _grid(trace, fields, chain.origin, counted=counted)
    full = reads is None or reads.full
    nearest = None if full or not start else nearest_full_rates(rates, kernels, start, int(jump))
    return DilationGroup(names, axes, jump, alone, name, reads, nearest, along)


def _marked(
    trace: "Trace", fields: "ReceptiveFieldReport", units: "Units"
) -> "dict[tuple[str, int], Coverage | None]":
    """The input positions that a unit reads, each once, along the axes that run along with the unit's."""
    layer, output, axis = units
    along = [
        (field.input, found.axis)
        for field in fields.outputs.get((layer, output), ())
        for found in field.axes
        if found.along == axis
    ]
    regions = region_read(trace, layer, {axis: 0}, clipped=False, output=output) if along else {}
    read = {(name, of_input): regions[name].along(of_input) for name, of_input in along if name in regions}
    return {at: Coverage(found.start, found.marks()) for at, found in read.items()}


def _judged(
    reads: "Mapping[tuple[str, int], Coverage | None]",
) -> tuple[tuple[str, int], Coverage | None] | None:
    """The input with holes if there is one, else the first; None where no input has the axis."""
    holes = (item for item in reads.items() if item[1] is not None and not item[1].full)
    return next(holes, next(iter(reads.items()), None))


def _grid(
    trace: "Trace", report: "ReceptiveFieldReport", origin: "Units", *, counted: bool
) -> tuple[Fraction, int]:
    """Jump of a grid, and the contiguous input positions that one of its units reads.

    These are 0 where they are not contiguous or not the same for every unit.
    """
    name, output, axis = origin
    fields = report.outputs.get((name, output), ())
    spans = next((found.spans for field in fields for found in field.axes if found.along == axis), POINT)
    marked = {} if counted else _marked(trace, report, origin)
    judged = _judged(marked or coverage(trace, name, axis, output=output))
    first = judged[1] if judged else None
    if spans is None or first is None:
        return Fraction(1), 0
    return spans.stride, first.span if first.full and len(spans.ends) == 1 else 0
