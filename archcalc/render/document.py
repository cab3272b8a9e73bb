"""The JSON document: the same from every command, with integers exact and shapes without the batch."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from archcalc.analyses.alignment import Misalignment
    from archcalc.analyses.coverage import Coverage
    from archcalc.analyses.dilation import DilationCheck, DilationGroup
    from archcalc.analyses.parameters import LayerParams
    from archcalc.analyses.receptive_field import AxisField, Field
    from archcalc.analyses.regions import Region
    from archcalc.analyses.units import UnitReads
    from archcalc.tracing import Trace, TracedLayer

SCHEMA_VERSION = 1
Json = dict[str, object]


def document(
    trace: "Trace",
    groups: "Sequence[DilationGroup] | None" = None,
    only: str | None = None,
    source: str | None = None,
) -> Json:
    """Everything known of a network.

    Args:
        trace: the network.
        groups: adds its dilation groups.
        only: list this layer alone; the totals stay those of the network.
        source: receptive fields count in units of this layer.
    """
    counted = params(trace)
    fields = receptive_fields(trace, source)
    known, unknown = macs(trace)
    totals: Json = {
        "params": counted.params,
        "trainable_params": counted.trainable,
        "non_trainable_params": counted.non_trainable,
        "buffers": counted.buffers,
        "embedding_params": counted.embedding,
        "non_embedding_params": counted.non_embedding,
        "active_params": counted.active,
        "macs": known,
        "flops": 2 * known,
    }
    if unknown:
        totals["layers_without_macs"] = list(unknown)
    several = len(trace.inputs) > 1
    misaligned = [_misaligned(finding) for finding in fields.misaligned]
    return {
        **_head(trace),
        "outputs": [str(port) for port in trace.outputs],
        "layers": [
            {
                **_layer(
                    layer, counted.layers[layer.name], fields.layers.get(layer.name, ()), several=several
                ),
                **_other_fields(fields.others(layer), several=several),
            }
            for layer in trace.layers
            if only in (None, layer.name)
        ],
        "totals": totals,
        **({"misaligned": misaligned} if misaligned else {}),
        **({} if groups is None else {"dilation_groups": [group_document(group) for group in groups]}),
    }


def _head(trace: "Trace") -> Json:
    return {
        "schema_version": SCHEMA_VERSION,
        "model": trace.model,
        "inputs": {
            name: {"shape": list(tensor.shape), "dtype": tensor.dtype}
            for name, tensor in trace.inputs.items()
        },
    }


def _misaligned(finding: "Misalignment") -> Json:
    return {
        "layer": finding.layer,
        "input": finding.input,
        "axis": finding.axis,
        "reason": "strides" if finding.strides else "centres",
        "ways": [
            {"from": way.source, "stride": _number(way.stride), "centre": _number(way.centre)}
            for way in finding.ways
        ],
    }


def unit_document(trace: "Trace", found: "UnitReads") -> Json:
    """What one unit reads: intervals with both ends included."""
    return {
        **_head(trace),
        "layer": found.layer,
        "unit": list(found.unit),
        "units": list(found.grid),
        "reads": {
            reads.input: {
                "axes": list(reads.axes),
                "field": _region(reads.field),
                "inside": _region(reads.inside),
                "full": reads.full,
            }
            for reads in found.inputs
        },
    }


def _region(region: "Region") -> Json:
    box = region.box()
    return {
        "first": [span.start if span else None for span in box],
        "last": [span.stop - 1 if span else None for span in box],
        "size": [len(span) for span in box],
        "positions": len(region),
    }


def _layer(layer: "TracedLayer", counted: "LayerParams", fields: "Sequence[Field]", *, several: bool) -> Json:
    facts = layer.facts
    found = [field_document(field) for field in fields]
    entry: Json = {
        "name": layer.name,
        "type": layer.type,
        "inputs": [str(port) for port in layer.inputs],
        "input_shapes": [list(port.tensor.shape) for port in layer.inputs],
        "output_shape": list(layer.output.shape),
        "outputs": {name: list(tensor.shape) for name, tensor in facts.outputs.items()},
        "params": counted.params,
        "trainable_params": counted.trainable,
        "buffers": counted.buffers,
        "weights": {name: list(shape) for name, shape in facts.weights.items()},
        "buffer_shapes": {name: list(shape) for name, shape in facts.buffers.items()},
        "macs": facts.macs,
        "receptive_field": found[0] if found else None,
    }
    if several:
        entry["receptive_fields"] = {field.input: text for field, text in zip(fields, found, strict=True)}
    if layer.tied:
        entry["tied"] = dict(layer.tied)
    if facts.parts:
        entry["parts"] = {
            name: {"params": own, "macs": facts.parts[name].macs} for name, own in counted.parts.items()
        }
    return entry


def _other_fields(outputs: "Mapping[str, Sequence[Field]]", *, several: bool) -> Json:
    """Fields of the further outputs that read something else than the first."""
    found = {
        name: {field.input: field_document(field) for field in fields}
        if several
        else field_document(fields[0])
        for name, fields in outputs.items()
    }
    return {"other_receptive_fields": found} if found else {}


def field_document(field: "Field") -> Json:
    """A receptive field: one entry per axis of positions; a whole axis has no stride."""
    entry: Json = {
        "size": [axis.size for axis in field.axes],
        "stride": [_number(axis.stride) for axis in field.axes],
        "start": [axis.start for axis in field.axes],
        "centre": [_number(axis.spans.centre if axis.spans else None) for axis in field.axes],
        "whole_input": field.whole_input,
        "aligned": field.aligned,
        "exact": field.exact,
        "input": field.input,
    }
    if any(axis.spans and axis.spans.unbounded for axis in field.axes):
        entry["unbounded_past"] = [bool(axis.spans and axis.spans.unbounded) for axis in field.axes]
        entry["last"] = [_last(axis) for axis in field.axes]
    if any(axis.hops is not None for axis in field.axes):
        entry["hops"] = [axis.hops for axis in field.axes]
    if any(axis.whole for axis in field.axes):
        entry["whole"] = [axis.whole for axis in field.axes]
        entry["local"] = [_local(axis) for axis in field.axes]
    if any(axis.spans and len(axis.spans.ends) > 1 for axis in field.axes):
        entry["size_by_phase"] = [list(axis.spans.sizes) if axis.spans else None for axis in field.axes]
        entry["start_by_phase"] = [
            [span and span[0] for span in axis.spans.ends] if axis.spans else None for axis in field.axes
        ]
    return entry


def _last(axis: "AxisField") -> int | None:
    """The last position that unit 0 reads."""
    span = axis.spans.at(0) if axis.spans else None
    return span and span[1]


def _local(axis: "AxisField") -> Json | None:
    """The interval that is read beside the paths that read everything."""
    return None if axis.spans is None else _local_numbers(replace(axis, whole=False))


def _local_numbers(axis: "AxisField") -> Json:
    return {"size": axis.size, "stride": _number(axis.stride), "start": axis.start}


def _number(value: "Fraction | None") -> int | str | None:
    """An exact number: whole, or a fraction as text."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else str(value)


def group_document(group: "DilationGroup") -> Json:
    """A group of dilated layers in its network."""
    return {
        "layers": list(group.layers),
        "axes": list(group.axes),
        "jump": _number(group.jump),
        **rates_document(group.alone),
        "input": group.input,
        "input_coverage": None if group.reads is None else coverage_document(group.reads),
        "full": group.full,
        "nearest_rates": _listed(group.nearest),
    }


def rates_document(check: "DilationCheck") -> Json:
    """Both verdicts on the rates alone."""
    return {
        "kernels": list(check.kernels),
        "rates": list(check.rates),
        "m": list(check.m),
        "paper": check.paper,
        "coverage": coverage_document(check.coverage),
        "full": check.coverage.full,
        "nearest_rates": _listed(check.nearest),
    }


def coverage_document(coverage: "Coverage") -> Json:
    """Positions read out of the span, and how often each."""
    return {
        "start": coverage.start,
        "span": coverage.span,
        "read": coverage.read,
        "full": coverage.full,
        "counts": list(coverage.counts),
    }


def _listed(rates: tuple[int, ...] | None) -> list[int] | None:
    return None if rates is None else list(rates)
