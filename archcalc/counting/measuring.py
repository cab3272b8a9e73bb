"""The costs of a network with all that is asked beside them: a device, a step that was measured."""

import re
from typing import TYPE_CHECKING

from archcalc.counting.costs import costs, costs_of, hidden_macs, together
from archcalc.counting.devices import DEVICES
from archcalc.counting.roofline import peak
from archcalc.errors import Fault, nearest
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.counting.costs import Cost, Pass
    from archcalc.counting.devices import Device
    from archcalc.tracing import Trace

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
STEP = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s*(s|ms|us)")


@dataclass(frozen=True, slots=True)
class Measured:
    """What is shown of the costs of layers.

    Args:
        trace: the network.
        costs: of its layers, by name.
        asked: how they are counted.
        hidden: multiply-accumulates that masks hide, whether they are left out or not.
        device: where it runs; None: nowhere in particular.
        step: seconds that a step took; None: nothing was measured.
    """

    trace: "Trace"
    costs: "Mapping[str, Cost]"
    asked: "Pass"
    hidden: int
    device: "Device | None" = None
    step: float | None = None

    @property
    def dtype(self) -> str:
        """Of the products."""
        return self.asked.dtype or "float32"

    @property
    def whole(self) -> "Cost":
        """Of the network."""
        return together(costs_of(self.costs, self.trace.layers))


def measured_costs(trace: "Trace", asked: "Pass", device: "Device | None", step: float | None) -> Measured:
    """What a network costs, on a device where one is given.

    Raises:
        Fault: the device has no products of this dtype.
    """
    found = Measured(trace, costs(trace, asked), asked, hidden_macs(trace, asked), device, step)
    if device is not None:
        peak(device, found.dtype)
    return found


def device_named(name: str) -> "Device":
    """The device of this name.

    Raises:
        Fault: there is none.
    """
    if name not in DEVICES:
        raise Fault(f"no device {name!r}", hint=nearest(name, DEVICES))
    return DEVICES[name]


def seconds_of(written: str) -> float:
    """A time with its unit: ``0.35s``, ``12ms``.

    Raises:
        Fault: it is none.
    """
    match = STEP.fullmatch(written.strip())
    if match is None or not float(match[1]):
        raise Fault(f"needs a time such as 0.35s or 12ms, got {written!r}")
    return float(match[1]) * SECONDS[match[2]]
