"""What units of random networks read, against torch's gradients: exact sets, at every border."""

from typing import TYPE_CHECKING

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc import load, receptive_fields, trace
from archcalc.analyses.regions import Region, region_read
from tests.analyses.random_graphs import Graph, graphs

if TYPE_CHECKING:
    from archcalc.analyses.receptive_field import AxisField
    from archcalc.tracing import Trace

Cells = set[tuple[int, int]]
NOISE = 1e-12


def cells(region: Region) -> Cells:
    """The positions of a region over two axes."""
    box = region.over((1, 2)).box()
    flat = region.over((1, 2))
    return {(y, x) for y in box[0] for row in [flat.row((y,))] for x in box[1] if x in row}


def reached(graph: Graph, name: str, unit: tuple[int, int]) -> Cells:
    """Positions of the image whose gradient is not zero."""
    output = graph.outputs[name][0, :, unit[0], unit[1]]
    weights = torch.rand(output.shape, dtype=output.dtype) + 0.5
    (found,) = torch.autograd.grad((output * weights).sum(), graph.image, retain_graph=True)
    return {(int(y), int(x)) for y, x in (found[0].abs().sum(0) > NOISE).nonzero()}


def region(traced: "Trace", name: str, unit: tuple[int, int], *, clipped: bool) -> Region:
    """What archcalc says that a unit reads of the image."""
    found = region_read(traced, name, {1: unit[0], 2: unit[1]}, clipped=clipped)
    return found.get("image", Region(traced.inputs["image"].shape, ()))


@given(graph=graphs(), data=st.data())
@settings(max_examples=120, deadline=None, print_blob=True)
def test_sets_are_what_gradients_reach_and_intervals_their_hulls(graph: Graph, data: st.DataObject) -> None:
    """Three ways to what units read: gradients, sets carried back, and intervals carried forward."""
    assume(graph.spec["layers"])
    traced = trace(load(graph.spec))
    fields = receptive_fields(traced).layers
    for layer in traced.layers:
        assert layer.output.shape == tuple(graph.outputs[layer.name].shape[1:])
        unit = tuple(data.draw(st.integers(0, size - 1)) for size in layer.output.shape[1:])
        place = (unit[0], unit[1])
        assert cells(region(traced, layer.name, place, clipped=True)) == reached(graph, layer.name, place)
        read = region(traced, layer.name, place, clipped=False).box()
        for found in fields[layer.name]:
            for axis in found.axes:
                assert_interval(axis, unit, read[axis.axis])


def assert_interval(axis: "AxisField", unit: tuple[int, ...], box: range) -> None:
    """The interval is the hull of the set where it claims to be exact, and holds the hull everywhere."""
    if not box:  # a unit that reads nothing on one axis reads nothing at all
        return
    if axis.whole:
        assert not axis.exact or (box.start <= 0 and box.stop >= axis.length)
    elif axis.spans is not None and axis.along is not None:
        span = axis.spans.at(unit[axis.along - 1])
        assert span is not None
        assert (span[0] or 0) <= box.start <= box.stop - 1 <= span[1]
        assert span == (box.start, box.stop - 1) or not axis.exact
