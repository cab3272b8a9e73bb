"""Three ways to what units read, and torch's gradients, where axes are joined and cut: they agree."""

import torch
from hypothesis import HealthCheck, assume, given, settings
from torch import Tensor

from archcalc import coverage, load, receptive_fields, trace
from archcalc.analyses.fields import AxisField
from archcalc.analyses.regions import Region, region_read
from tests.analyses.random_cuts import Network, networks

NOISE = 1e-12


def reached(output: Tensor, x: Tensor) -> list[set[int]]:
    """For every unit of an output the positions of x whose gradient is not zero."""
    units = output.shape[2]
    weights = torch.rand(output.shape[1], 1, dtype=output.dtype) + 0.5
    chosen = torch.eye(units, dtype=output.dtype)[:, None, None, :] * weights
    if not output.requires_grad:
        return [set() for _ in range(units)]
    (found,) = torch.autograd.grad(
        output, x, chosen, retain_graph=True, is_grads_batched=True, allow_unused=True
    )
    return [{int(place) for place in (row > NOISE).nonzero()} for row in found[:, 0].abs().sum(1)]


@given(network=networks())
@settings(
    max_examples=80, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.filter_too_much]
)
def test_intervals_sets_coverage_and_gradients_agree_for_every_unit(network: Network) -> None:
    """Nothing but unequal strides and units of one axis joined with those of another one leave hulls open."""
    assume(network.outputs)
    traced = trace(load(network.spec))
    fields = receptive_fields(traced).outputs
    for (name, output), tensor in network.outputs.items():
        axes = [axis for field in fields.get((name, output), ()) for axis in field.axes if axis.axis == 1]
        for unit, truth in enumerate(reached(tensor, network.x)):
            where = f"unit {unit} of {name}.{output}"
            at = {1: unit}
            inner = region_read(traced, name, at, clipped=True, output=output)
            outer = set_of(region_read(traced, name, at, clipped=False, output=output).get("x"))
            assert set_of(inner.get("x")) == truth, where
            counted = coverage(traced, name, 1, unit, output).get(("x", 1))
            if counted is not None:
                read = {counted.start + place for place, count in enumerate(counted.counts) if count}
                assert read == outer, where
            for axis in axes:
                assert_interval(axis, unit, outer, network, where)


def assert_interval(axis: AxisField, unit: int, outer: set[int], network: Network, where: str) -> None:
    """The interval is the hull of what is read; where it says that it is not exact it holds it."""
    if axis.whole:
        assert not axis.exact or len(outer) >= axis.length, where
    elif axis.spans is not None and outer:
        span, hull = axis.spans.at(unit), (min(outer), max(outer))
        assert axis.exact or not network.plain, where
        assert span is not None, where
        assert span == hull if axis.exact else (span[0] or 0) <= hull[0] <= hull[1] <= span[1], where


def set_of(region: Region | None) -> set[int]:
    """The positions along the last axis."""
    if region is None:
        return set()
    along = region.along(1)
    return {place for place in range(along.start, along.stop) if place in along}
