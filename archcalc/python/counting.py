"""What a pass costs as ``archcalc macs`` has it."""

from dataclasses import fields
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, Unpack, get_args

from archcalc.counting.costs import Pass
from archcalc.counting.measuring import Measured, device_named, measured_costs, seconds_of
from archcalc.errors import Fault
from archcalc.lookup import ByName
from archcalc.python.opening import batch_given, depth_given, one_of, traced_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace

Grouping = Literal["layer", "type", "depth"]
"""What a row stands for."""
SortedBy = Literal["macs", "backward", "flops", "share", "others", "bytes", "intensity", "time"]
"""Columns to sort by."""
Real = Literal["float64", "float32", "tf32", "float16", "bfloat16", "float8", "int8"]
"""dtypes of the numbers that are multiplied."""


@dataclass(frozen=True, repr=False, kw_only=True)
class CostsOfNetwork(Shown, Measured):
    """What the layers of a network cost, by name, and ``whole`` together.

    Args:
        by: what a row of the table stands for.
        sort: the column by which the rows stand, without their tree.
        depth: containers below it are folded in the table.
    """

    by: Grouping = "layer"
    sort: SortedBy | None = None
    depth: int | None = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc macs`` prints."""
        from archcalc.render.costs import measured_table

        return [measured_table(self, self.by, self.sort, self.depth)]


@dataclass(frozen=True, repr=False)
class CountsByConvention(Shown):
    """Multiply-accumulates of a network as other tools count them.

    Args:
        network: the network.
        conventions: names of the tools.
        depth: containers below it are folded in the table.
    """

    network: "Trace"
    conventions: tuple[str, ...]
    depth: int | None = None

    @property
    def layers(self) -> "Mapping[str, Mapping[str, Fraction | None]]":
        """Layer -> convention -> its multiply-accumulates; None where they are not known."""
        from archcalc.counting.conventions.registry import CONVENTIONS

        return ByName(
            {
                layer.name: {name: CONVENTIONS[name].macs(self.network, layer) for name in self.conventions}
                for layer in self.network.layers
            }
        )

    @property
    def totals(self) -> "Mapping[str, Fraction]":
        """Convention -> the multiply-accumulates that are known, together."""
        layers = self.layers.values()
        return {
            name: sum((found[name] or Fraction(0) for found in layers), Fraction(0))
            for name in self.conventions
        }

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc macs --convention`` or ``--compare`` prints."""
        from archcalc.counting.conventions.registry import CONVENTIONS
        from archcalc.render.conventions import compared_tables, conventions_table

        chosen = [CONVENTIONS[name] for name in self.conventions]
        if len(chosen) > 1:
            return list(compared_tables(self.network, chosen, self.depth))
        return [conventions_table(self.network, chosen, self.depth)]


def macs(
    network: "Network",
    *,
    batch: int = 1,
    backward: bool = False,
    causal: bool = False,
    by: Grouping = "layer",
    sort: SortedBy | None = None,
    dtype: Real | None = None,
    device: str | None = None,
    step_time: str | float | None = None,
    depth: int | None = None,
    **given: "Unpack[GivenOptions]",
) -> CostsOfNetwork:
    """Multiply-accumulates, FLOPs, other operations and bytes of every layer, as ``archcalc macs`` has them.

    Args:
        network: a trace, a spec, its name or file, or its data.
        batch: samples at a time.
        backward: the backward pass too, of what needs gradients.
        causal: leave out the pairs that masks hide.
        by: what a row stands for.
        sort: a column to sort by, the largest first.
        dtype: type of all real numbers.
        device: where it runs, for the least time.
        step_time: a measured time of a step, ``"12ms"`` or seconds, for MFU.
        depth: fold containers below this depth in the table.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    from archcalc.render.costs import measures

    one_of("grouping", by, get_args(Grouping))
    if dtype is not None:
        one_of("dtype", dtype, get_args(Real))
    where = None if device is None else device_named(device)
    if step_time is not None and where is None:
        raise Fault("a share of which peak? name a device", hint="as device='a100'")
    step = seconds_of(step_time) if isinstance(step_time, str) else step_time
    if step is not None and step <= 0:
        raise Fault(f"step_time needs a time such as 0.35 or '12ms', got {step_time!r}")
    trace = traced_given(network, given)
    asked = Pass(batch_given(batch), dtype, causal, backward)
    found = measured_costs(trace, asked, where, step)
    if sort is not None:
        one_of("column", sort, measures(found))
    told = {each.name: getattr(found, each.name) for each in fields(found)}
    return CostsOfNetwork(**told, by=by, sort=sort, depth=depth_given(depth))


def conventions(
    network: "Network", *names: str, depth: int | None = None, **given: "Unpack[GivenOptions]"
) -> CountsByConvention:
    """Multiply-accumulates as other tools count them, as ``archcalc macs --compare`` has them.

    Args:
        network: a trace, a spec, its name or file, or its data.
        names: of the tools; none: all of them.
        depth: fold containers below this depth in the table.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: there is no such convention, or an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    from archcalc.counting.conventions.registry import conventions_named

    found = [each.name for name in names or (None,) for each in conventions_named(name)]
    return CountsByConvention(traced_given(network, given), tuple(dict.fromkeys(found)), depth_given(depth))
