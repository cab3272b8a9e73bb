"""What one of several data-parallel devices holds.

ZeRO: Rajbhandari et al. 2020 (arXiv 1910.02054, section 5).
"""

from math import prod
from typing import TYPE_CHECKING

from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.footprint.held import Weight

STATES, GRADIENTS, WEIGHTS = 1, 2, 3
"""Stages of ZeRO, from which on it is divided."""


@dataclass(frozen=True, slots=True)
class DeviceShare:
    """What a device has.

    Args:
        zero: stage of ZeRO; 0: every device has all.
        devices: among which a weight is divided.
        of_experts: among which those of experts are divided, which fewer devices share.
        experts: full names of the weights of experts.
        flights: batches whose activations are there at once, in a pipeline.
        entering: inputs to which a gradient goes, as another stage makes them.
    """

    zero: int = 0
    devices: int = 1
    of_experts: int = 1
    experts: frozenset[str] = frozenset()
    flights: int = 1
    entering: frozenset[str] = frozenset()

    def of(self, weight: "Weight", stage: int) -> "Weight":
        """The largest part of a weight (its gradient, its states) that a device has.

        Its numbers stand in a row, which is cut in parts of ceil(n / devices).
        """
        if self.zero < stage:
            return weight
        devices = self.of_experts if weight.name in self.experts else self.devices
        return weight if devices == 1 else weight._replace(shape=(ceil_divided(prod(weight.shape), devices),))


ALL_OF_IT = DeviceShare()
