"""What a pass costs, as a table and in JSON: by layer, by kind or by container, and all together."""

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.counting.costs import costs_by_layer, costs_of, together
from archcalc.counting.roofline import least_time, peak, utilization
from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.render.cells import Column, Percentage, Row, Table
from archcalc.render.columns import title_of
from archcalc.render.document import head
from archcalc.render.sorting import largest_first
from archcalc.render.tree import branches, table
from archcalc.tracing.graph import TracedScope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcalc.counting.costs import CostTimes
    from archcalc.counting.devices import Device
    from archcalc.counting.measuring import Measured
    from archcalc.render.cells import Cell
    from archcalc.render.fields import Json
    from archcalc.tracing import TracedLayer


@dataclass(frozen=True, slots=True)
class Measure:
    """A column: its title, its number, and what people see of it."""

    header: str
    value: "Callable[[Sequence[CostTimes]], int | float]"
    text: "Callable[[int | float], Cell]" = lambda value: value or None


def measures(shown: "Measured") -> "Mapping[str, Measure]":
    """The columns by the word that sorts by them."""
    whole = shown.whole.trained

    def share(costs: "Sequence[CostTimes]") -> float:
        return together(costs).trained / whole if whole else 0.0

    found = {"macs": Measure("MACs", lambda costs: together(costs).macs)}
    if shown.asked.backward:
        found["backward"] = Measure("Backward MACs", lambda costs: together(costs).backward)
    found |= {
        "flops": Measure("FLOPs", lambda costs: together(costs).trained),
        "share": Measure("Share", share, Percentage),
        "others": Measure("Other ops", lambda costs: together(costs).others),
        "bytes": Measure("Bytes", lambda costs: together(costs).moved),
        "intensity": Measure(
            "Intensity",
            lambda costs: together(costs).intensity,
            lambda value: f"{value:.1f}" if value else "",
        ),
    }
    device = shown.device
    if device is not None:
        found["time"] = Measure("Time", lambda costs: least_time(costs, device, shown.dtype), duration)
    return found


SPARE = ("Intensity", "Bytes", "Other ops", "Layers", "Type", "FLOPs", "Share")
"""What a narrow terminal leaves out, the first one first."""


def measured_table(
    shown: "Measured", by: str = "layer", sort: str | None = None, depth: int | None = None
) -> Table:
    """The costs by layer, type or depth, in their tree where nothing sorts them.

    Raises:
        Fault: they have no such column.
    """
    if sort is not None and sort not in measures(shown):
        needed = "--device" if sort == "time" else "--backward"
        raise Fault(f"there is no {sort} without {needed}")
    in_tree = by == "layer" and sort is None
    made = costs_table(shown, depth) if in_tree else listed_costs(shown, by, sort, depth)
    asked = {measures(shown)[sort].header} if sort else set[str]()
    return replace(made, spare=tuple(each for each in SPARE if each in {*made.headers} - asked))


def costs_table(shown: "Measured", depth: int | None = None) -> Table:
    """Every layer in the tree of containers, which have sums."""
    columns = [_column(shown, measure) for measure in measures(shown).values()]
    return table(shown.trace, title_of(shown.trace), columns, tuple(footer(shown)), depth)


def _column(shown: "Measured", measure: Measure) -> Column:
    def of(layers: "Sequence[TracedLayer]") -> int | float:
        return measure.value(costs_of(shown.costs, layers))

    def text(layers: "Sequence[TracedLayer]") -> "Cell":
        costs = costs_of(shown.costs, layers)
        unknown = measure.header in ("MACs", "FLOPs") and any(each.unknown for _, each in costs)
        value = measure.value(costs)
        return "?" if unknown and not value else measure.text(value)

    return Column(
        measure.header,
        lambda layer: text([layer]),
        lambda scope: text(scope.layers),
        right=True,
        raw=lambda layer: of([layer]),
        raw_total=lambda scope: of(scope.layers),
    )


def listed_costs(shown: "Measured", by: str, sort: str | None, depth: int | None) -> Table:
    """Rows of kinds, containers or layers without a tree, the largest first where they are sorted."""
    groups = (
        _by_type(shown) if by == "type" else _by_place(shown, 1 if by == "depth" and not depth else depth)
    )
    own = measures(shown)
    rows = (
        (name, what, count, [each.value(of) for each in own.values()]) for name, what, count, of in groups
    )
    made = tuple(
        Row(
            name,
            name,
            (what, count, *(each.text(value) for each, value in zip(own.values(), values, strict=True))),
            (what, count, *values),
        )
        for name, what, count, values in rows
    )
    headers = ("Name", "Type", "Layers", *(each.header for each in own.values()))
    right = (False, False, *(True,) * (len(headers) - 2))
    keys = tuple(header.lower().replace(" ", "_") for header in headers)
    found = Table(title_of(shown.trace), headers, right, made, tuple(footer(shown)), keys)
    return found if sort is None else largest_first(found, 2 + list(own).index(sort))


def _by_type(shown: "Measured") -> "Iterator[tuple[str, str, int, list[CostTimes]]]":
    found: dict[str, list[CostTimes]] = defaultdict(list)
    for times, layer, cost in costs_by_layer(shown.costs, shown.trace.layers):
        found[layer.type].append((times, cost))
    for name, costs in found.items():
        yield name, "", sum(times for times, _ in costs), costs


def _by_place(shown: "Measured", depth: int | None) -> "Iterator[tuple[str, str, int, list[CostTimes]]]":
    for branch in branches(shown.trace, depth):
        if isinstance(branch.of, TracedScope):
            if branch.folded and not branch.again:
                costs = costs_of(shown.costs, branch.of.layers)
                yield branch.of.name, branch.of.type, len(branch.of.layers), costs
        else:
            yield branch.of.name, branch.of.type, 1, [(1, shown.costs[branch.of.name])]


def duration(seconds_taken: float) -> str:
    """A time with the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds_taken >= size:
            return f"{seconds_taken / size:.3g} {unit}"
    return f"{seconds_taken / 1e-9:.3g} ns" if seconds_taken else ""


COUNTED = (
    "counted: products of convolutions, matrices, attention (scores, mixing), recurrent gates; 2 FLOPs a MAC",
    "not counted as MACs: biases, norms, softmax, activations, pools (other ops), look-ups, copies, views",
    "bytes: inputs, weights and outputs of every layer, each once; nothing is kept in a cache or fused",
)
"""What stands under every table."""


def footer(shown: "Measured") -> "Iterator[str]":
    """Totals, what counts and what does not, and what a time here is."""
    whole, asked = shown.whole, shown.asked
    samples = "one sample" if asked.batch == 1 else f"a batch of {asked.batch:,}"
    yield (
        f"MACs {whole.macs:,}, FLOPs {whole.flops:,}, other operations {whole.others:,},"
        f" bytes {whole.moved:,}, {whole.intensity:.1f} operations a byte:"
        f" forward pass, {samples}, {shown.dtype}"
    )
    if asked.backward:
        yield (
            f"backward: MACs {whole.backward:,}, both passes {whole.trained:,} FLOPs;"
            " gradients of weights that are trained, and of what stands behind such"
        )
    yield from COUNTED
    if shown.hidden:
        told = "are left out" if asked.causal else "count: --causal leaves them out"
        yield f"masks hide {shown.hidden:,} of the MACs of attention's squares; they {told}"
    if whole.unknown:
        yield f"lower bounds: not known for {', '.join(whole.unknown)}"
    if shown.device is not None:
        yield from _on_device(shown, shown.device)


def _on_device(shown: "Measured", device: "Device") -> "Iterator[str]":
    most = peak(device, shown.dtype)
    took = least_time(costs_of(shown.costs, shown.trace.layers), device, shown.dtype)
    yield (
        f"at least {duration(took)} on {device.title}: {most / 1e12:g} TFLOPS {shown.dtype},"
        f" {device.bandwidth / 1e9:,.0f} GB/s ({device.source})"
    )
    yield "a bound, no forecast: layers one by one, each at the peak or at full bandwidth, the slower one"
    if shown.step is not None:
        used = utilization(shown.whole, device, shown.dtype, shown.step)
        passes = (
            "forward and backward" if shown.asked.backward else "forward pass alone (--backward for training)"
        )
        yield f"MFU {100 * used:.1f} % at {duration(shown.step)} a step: {passes}, nothing that is done twice"


def costs_document(shown: "Measured", listed: "Table") -> "Json":
    """The rows of a table and the totals, exact."""
    whole, asked, device = shown.whole, shown.asked, shown.device
    found: Json = {
        **head(shown.trace),
        "batch": asked.batch,
        "dtype": shown.dtype,
        "causal": asked.causal,
        "backward": asked.backward,
        "rows": [
            dict(zip(listed.keys, (row.name, *row.raw), strict=True)) for row in listed.rows if not row.sums
        ],
        "totals": {
            "macs": whole.macs,
            "flops": whole.flops,
            "backward_macs": whole.backward,
            "other_ops": whole.others,
            "bytes": whole.moved,
            "intensity": whole.intensity,
            "macs_hidden_by_masks": shown.hidden,
        },
        "counting": list(COUNTED),
    }
    if whole.unknown:
        found["layers_without_macs"] = list(whole.unknown)
    if device is not None:
        found["device"] = {
            "name": device.name,
            "title": device.title,
            "peak_flops": peak(device, shown.dtype),
            "bandwidth": device.bandwidth,
            "source": device.source,
            "least_seconds": least_time(costs_of(shown.costs, shown.trace.layers), device, shown.dtype),
        }
        if shown.step is not None:
            found["step_seconds"] = shown.step
            found["mfu"] = utilization(whole, device, shown.dtype, shown.step)
    return found
