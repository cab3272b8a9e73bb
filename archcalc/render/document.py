"""The JSON document: the same from every command, with integers exact and shapes without the batch."""

from dataclasses import fields as fields_of_record
from typing import TYPE_CHECKING

from archcalc.render.columns import macs_of, unknown_in
from archcalc.render.fields import Json, exact, field_document
from archcalc.render.tree import branches, refuse_many_rows
from archcalc.tracing.graph import TracedScope
from archcalc.tracing.times import with_times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.alignment import Misalignment
    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.receptive_field import Field
    from archcalc.analyses.summary import Summary
    from archcalc.tracing import Trace, TracedLayer

SCHEMA_VERSION = 1


def network_document(
    trace: "Trace",
    found: "Summary",
    groups: "Sequence[DilationGroup] | None" = None,
    only: str | None = None,
    depth: int | None = None,
) -> Json:
    """Everything known of a network.

    Args:
        trace: the network.
        found: its parameters, MACs and receptive fields.
        groups: adds its dilation groups.
        only: list this layer alone; the totals stay those of the network.
        depth: levels of containers below which one entry stands for all layers of one.
    """
    layers = list(layer_entries(trace, found, only, depth))
    return {**around_layers(trace, found, groups), "layers": layers}


def layer_entries(
    trace: "Trace", found: "Summary", only: str | None = None, depth: int | None = None
) -> "Iterator[Json]":
    """What the document has of every layer, or folded container, one by one.

    Raises:
        SpecError: there are too many of them.
    """
    if only is None:
        refuse_many_rows(trace, depth)
    return _entries(trace, found, only, depth)


def _entries(trace: "Trace", found: "Summary", only: str | None, depth: int | None) -> "Iterator[Json]":
    several = len(trace.inputs) > 1
    for _, of, folded, _ in branches(trace, depth):
        if only not in (None, of.name):
            continue
        if not isinstance(of, TracedScope):
            yield _layer(of, found, several=several)
        elif folded:
            yield _folded(of, found, several=several)


def around_layers(trace: "Trace", found: "Summary", groups: "Sequence[DilationGroup] | None" = None) -> Json:
    """What the document has beside its layers, for which it leaves room."""
    misaligned = [_misaligned(finding) for finding in found.fields.misaligned]
    return {
        **head(trace),
        "outputs": [str(port) for port in trace.outputs],
        "layers": [],
        "totals": _totals(found),
        **({"misaligned": misaligned} if misaligned else {}),
        **({} if groups is None else _groups(groups)),
    }


def _groups(groups: "Sequence[DilationGroup]") -> Json:
    from archcalc.render.dilation import group_document

    return {"dilation_groups": [group_document(group) for group in groups]}


def _totals(found: "Summary") -> Json:
    counted = found.params
    totals: Json = {
        "params": counted.params,
        "trainable_params": counted.trainable,
        "non_trainable_params": counted.non_trainable,
        "buffers": counted.buffers,
        "embedding_params": counted.embedding,
        "head_params": counted.head,
        "non_embedding_params": counted.non_embedding,
        "active_params": counted.active,
        "macs": found.macs.macs,
        "flops": found.macs.flops,
    }
    return {**totals, "layers_without_macs": list(found.macs.unknown)} if found.macs.unknown else totals


def head(trace: "Trace") -> Json:
    """What every document of a network begins with."""
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
            {"from": way.source, "stride": exact(way.stride), "centre": exact(way.centre)}
            for way in finding.ways
        ],
    }


def _layer(layer: "TracedLayer", found: "Summary", *, several: bool) -> Json:
    facts, counted = layer.facts, found.params.layers[layer.name]
    fields = found.fields.layers.get(layer.name, ())
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
        "receptive_field": field_document(fields[0]) if fields else None,
    }
    if several:
        entry["receptive_fields"] = _by_input(fields)
    if facts.averages is not None:
        own = facts.averages
        entry["averages"] = {each.name: getattr(own, each.name) for each in fields_of_record(own)}
    if layer.tied:
        entry["tied"] = dict(layer.tied)
    if counted.frozen:
        entry["frozen"] = list(counted.frozen)
    if facts.parts:
        entry["parts"] = {
            name: {"params": own, "macs": facts.parts[name].macs} for name, own in counted.parts.items()
        }
    others = found.fields.others(layer)
    if others:  # of the further outputs that read something else than the first
        entry["other_receptive_fields"] = {
            name: _by_input(read) if several else field_document(read[0]) for name, read in others.items()
        }
    return entry


def _folded(scope: TracedScope, found: "Summary", *, several: bool) -> Json:
    """A container whose layers are not listed: what enters, what leaves, and their sums."""
    counted = [(times, found.params.layers[layer.name]) for times, layer in with_times(scope.layers)]
    end, unknown = scope.leaves[0], unknown_in(scope.layers)
    fields = found.fields.outputs.get((end.layer, end.output), ())
    entry: Json = {
        "name": scope.name,
        "type": scope.type,
        "folded": len(scope.layers),
        "inputs": [str(port) for port in scope.enters],
        "input_shapes": [list(port.tensor.shape) for port in scope.enters],
        "output_shape": list(end.tensor.shape),
        "outputs": {str(port): list(port.tensor.shape) for port in scope.leaves},
        "params": sum(times * each.params for times, each in counted),
        "trainable_params": sum(times * each.trainable for times, each in counted),
        "buffers": sum(times * each.buffers for times, each in counted),
        "macs": macs_of(scope.layers),
        "receptive_field": field_document(fields[0]) if fields else None,
    }
    if scope.repeats:
        entry["repeats"] = len(scope.repeats)
    if unknown:
        entry["layers_without_macs"] = unknown
    if several:
        entry["receptive_fields"] = _by_input(fields)
    return entry


def _by_input(fields: "Sequence[Field]") -> Json:
    return {field.input: field_document(field) for field in fields}
