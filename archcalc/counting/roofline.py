"""How long a pass takes at least on a device, and what share of its peak a measured step has.

The roofline of Williams, Waterman & Patterson 2009 (doi 10.1145/1498765.1498785): a layer waits for its
products at peak, or for its bytes at full bandwidth, whichever takes longer; layers run one after the other.
"""

from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.counting.costs import Cost, CostTimes
    from archcalc.counting.devices import Device

BACKWARD_BYTES = 2
"""The backward pass moves as much as two forward passes: gradients beside what they are made of."""


def seconds(cost: "Cost", device: "Device", dtype: str) -> float:
    """The least time of a layer."""
    moved = cost.moved * (1 + (BACKWARD_BYTES if cost.backward else 0))
    return max(cost.trained / peak(device, dtype), moved / device.bandwidth)


def peak(device: "Device", dtype: str) -> float:
    """Floating point operations per second at most.

    Raises:
        Fault: the device has no unit for this dtype.
    """
    if dtype not in device.peak:
        known = ", ".join(device.peak)
        fact = f"{device.name} has no peak for {dtype}"
        raise Fault(fact, key="dtype", hint=nearest(dtype, device.peak) or f"it has {known}")
    return device.peak[dtype]


def least_time(costs: "Iterable[CostTimes]", device: "Device", dtype: str) -> float:
    """The least time of layers that run one after the other."""
    return sum(times * seconds(cost, device, dtype) for times, cost in costs)


def utilization(whole: "Cost", device: "Device", dtype: str, step: float) -> float:
    """Model FLOPs utilization (Chowdhery et al. 2022, arXiv 2204.02311, appendix B): of the peak in a step.

    What is calculated a second time (checkpointing) is no work of the model and does not count.
    """
    return whole.trained / (step * peak(device, dtype))
