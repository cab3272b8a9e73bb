"""Receptive fields in the JSON document: exact numbers, per axis of positions."""

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    from archcalc.analyses.receptive_field import AxisField, Field

Json = dict[str, object]


def field_document(field: "Field") -> Json:
    """A receptive field: one entry per axis of positions; a whole axis has no stride."""
    entry: Json = {
        "size": [axis.size for axis in field.axes],
        "stride": [exact(axis.stride) for axis in field.axes],
        "start": [axis.start for axis in field.axes],
        "centre": [exact(axis.spans.centre if axis.spans else None) for axis in field.axes],
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
    return {"size": axis.size, "stride": exact(axis.stride), "start": axis.start}


def exact(value: "Fraction | None") -> int | str | None:
    """An exact number: whole, or a fraction as text."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else str(value)
