"""Receptive fields as ``archcalc rf`` has them."""

from typing import TYPE_CHECKING, Unpack

from archcalc.analyses.fields import ReceptiveFieldReport
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.errors import Fault
from archcalc.lookup import layer_meant, source_meant
from archcalc.python.opening import depth_given, traced_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.analyses.coverage import Coverage
    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.units import UnitReads
    from archcalc.analyses.way_back import StepBack
    from archcalc.python.opening import GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace


@dataclass(frozen=True, repr=False)
class Fields(Shown, ReceptiveFieldReport):
    """Receptive fields of every layer, and what was asked besides.

    Args:
        network: the network.
        layer: the layer that was asked for, the end of the container of this name; None: all.
        source: the layer in whose units the fields are counted; None: the inputs.
        unit: what one unit reads, where ``at`` or ``coverage`` asks for it.
        coverage: how often each position is read: input, axis, and the counts or None for all of it.
        way: the layers from ``layer`` back to ``source``.
        groups: dilated layers that belong together, where ``check_hdc`` asks for them.
        depth: containers below it are folded in the table of all layers; None: none.
    """

    network: "Trace"
    layer: str | None
    source: str | None
    unit: "UnitReads | None"
    coverage: "tuple[tuple[str, int, Coverage | None], ...]"
    way: "tuple[StepBack, ...]"
    groups: "tuple[DilationGroup, ...] | None"
    depth: int | None = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc rf`` prints, without its pictures."""
        from archcalc.render.fields import of_layer, rf_table
        from archcalc.render.units import unit_table, way_back_table

        if self.way:
            return [way_back_table(self.network, self.way)]
        if self.unit is not None:
            return [unit_table(self.network, self.unit)]
        table = rf_table(self.network, self, self.depth if self.layer is None else None, self.source)
        return [table if self.layer is None else of_layer(table, self.layer)]


def rf(
    network: "Network",
    *,
    layer: str | None = None,
    from_: str | None = None,
    at: "int | Sequence[int] | None" = None,
    coverage: bool = False,
    check_hdc: bool = False,
    depth: int | None = None,
    **given: "Unpack[GivenOptions]",
) -> Fields:
    """Receptive field of every layer: size, stride and start on the input, per axis.

    Args:
        network: a trace, a spec, its name or file, or its data.
        layer: only this layer, or the end of this container.
        from_: count in units of this layer; with ``layer``: the way back.
        at: what this unit reads, a place along the axes of positions.
        coverage: how often each position of the input is read by the unit (left out: the middle one).
        check_hdc: judge the groups of dilated layers.
        depth: fold containers below this depth in the table.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: there is no such layer or unit, or options do not go together.
        SpecError: the spec cannot be read or traced, or too much would have to be counted.
    """
    trace = traced_given(network, given)
    fields = receptive_fields(trace)
    only = None if layer is None else layer_meant(trace, layer)
    source = None if from_ is None else source_meant(trace, from_)
    from_layer = source is not None and source not in trace.inputs
    if from_layer and (at is not None or coverage):
        raise Fault("from_ counts in units of a layer, at and coverage in the input")
    shown = fields
    if source is not None:
        shown = receptive_fields(trace, source) if from_layer else fields.on(source)
    unit, counted = _unit(trace, shown, only, at, coverage=coverage)
    return Fields(
        *(shown.layers, shown.outputs, shown.misaligned, trace, only, source, unit, counted),
        _way(trace, fields, shown, source, only),
        _groups(trace, fields) if check_hdc else None,
        depth_given(depth),
    )


def _unit(
    trace: "Trace",
    fields: ReceptiveFieldReport,
    layer: str | None,
    at: "int | Sequence[int] | None",
    *,
    coverage: bool,
) -> "tuple[UnitReads | None, tuple[tuple[str, int, Coverage | None], ...]]":
    from archcalc.analyses.units import last_local, unit_coverage, unit_reads

    if at is None and not coverage:
        return None, ()
    place = (at,) if isinstance(at, int) else at
    found = unit_reads(trace, fields, layer or last_local(trace, fields), place)
    return found, unit_coverage(trace, found) if coverage else ()


def _way(
    trace: "Trace",
    fields: ReceptiveFieldReport,
    counted: ReceptiveFieldReport,
    source: str | None,
    layer: str | None,
) -> "tuple[StepBack, ...]":
    from archcalc.analyses.way_back import way_back

    if source is None or layer is None:
        return ()
    return way_back(trace, fields, counted, source, layer)


def _groups(trace: "Trace", fields: ReceptiveFieldReport) -> "tuple[DilationGroup, ...]":
    from archcalc.analyses.dilation import dilation_groups

    return tuple(dilation_groups(trace, fields))
