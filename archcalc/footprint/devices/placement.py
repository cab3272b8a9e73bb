"""Over how many devices a network is spread, and along what."""

from archcalc.errors import Fault
from archcalc.records import dataclass

MOST_STAGES = 3
"""Of ZeRO."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Devices of a run: ``dp tp pp`` together.

    Args:
        dp: data parallel: each has samples of its own.
        tp: tensor parallel: they divide heads, inner features and the vocabulary (Shoeybi et al. 2019, arXiv
            1909.08053).
        pp: pipeline parallel: stages of neighbouring layers, run as 1F1B (Narayanan et al. 2021, arXiv
            2104.04473).
        ep: expert parallel: of the data-parallel devices so many divide the experts (Lepikhin et al. 2020,
            arXiv 2006.16668).
        zero: what data-parallel devices divide: 1 states of the optimizer, 2 gradients too, 3 weights too
            (Rajbhandari et al. 2020, arXiv 1910.02054).
        sp: tensor-parallel devices divide the positions of all else (Korthikanti et al. 2022, arXiv
            2205.05198).
    """

    dp: int = 1
    tp: int = 1
    pp: int = 1
    ep: int = 1
    zero: int = 0
    sp: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together.

        Raises:
            Fault: the experts' devices do not divide the data-parallel ones; there is nothing to divide.
        """
        if self.dp % self.ep:
            fact = f"{self.ep} devices for the experts do not divide {self.dp} data-parallel ones"
            raise Fault(fact, hint="experts are divided among data-parallel devices: dp a multiple of ep")
        if not 0 <= self.zero <= MOST_STAGES:
            raise Fault(f"ZeRO has stages 1 to 3, got {self.zero}")
        if self.sp and self.tp == 1:
            raise Fault("positions are divided among tensor-parallel devices, and tp is 1", hint="say tp too")

    @property
    def devices(self) -> int:
        """All of them."""
        return self.dp * self.tp * self.pp

    @property
    def divides_layers(self) -> bool:
        """Whether a device has a part of some layers."""
        return self.tp > 1 or self.ep > 1

    @property
    def several(self) -> bool:
        """Whether there is anything to divide."""
        return self.devices > 1


ALONE = Placement()
