"""How a kind lets devices divide it among them: along which axes of its weights, into which units.

Megatron-LM (Shoeybi et al. 2019, arXiv 1909.08053, section 3): heads of attention and inner features stand on
several devices, of which each reads all features and gives a part of every sum.
"""

from typing import Literal

from archcalc.tuples import NamedTuple

DividedAmong = Literal["tensor", "expert"]
"""The devices among which something is divided."""


class Cut(NamedTuple):
    """An axis of a weight that is divided.

    Args:
        axis: which.
        units: numbers along it that stay together are so many units (heads, experts, features).
        called: what the units are.
        over: the devices that divide it.
        copies: of fewer units than devices each stands on several devices.
    """

    axis: int
    units: int
    called: str
    over: DividedAmong = "tensor"
    copies: bool = False

    def parts(self, devices: int) -> int | None:
        """Parts that differ, on so many devices; None: they do not divide the units."""
        if self.units % devices == 0:
            return devices
        return self.units if self.copies and devices % self.units == 0 else None


Cuts = tuple[Cut, ...]
