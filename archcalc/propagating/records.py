"""Records of a signal's way through a network and of its gradient's way back."""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.moments import Gradient, Moments, Recurrence
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.tracing.records import TracedLayer


@dataclass(frozen=True, slots=True)
class LayerSignal:
    """What leaves a layer, and the gradient that comes back to it.

    Args:
        layer: its full name.
        state: the numbers of its first output; None: not known.
        gradient: of its first output; None: not known.
        arriving: gradient of its first input; None: not known.
        doubt: why any of these is not sure, or not known; empty: they are.
        steps: of a recurrence, what happens along it.
    """

    layer: "TracedLayer"
    state: Moments | None
    gradient: Gradient | None
    arriving: Gradient | None
    doubt: str = ""
    steps: Recurrence | None = None

    @property
    def reliable(self) -> bool:
        """Whether the rules hold here."""
        return not self.doubt and self.state is not None and self.gradient is not None

    @property
    def step(self) -> float | None:
        """By what the layer multiplies the mean square of a gradient on its way back through it."""
        if self.gradient is None or self.arriving is None or not self.gradient.square:
            return None
        return self.arriving.square / self.gradient.square


@dataclass(frozen=True, slots=True)
class SignalReport:
    """A network's signal at initialisation.

    Args:
        layers: full name -> what leaves it, and comes back to it.
        inputs: name of an input -> the gradient that arrives there.
        init: how weights are drawn, as it was asked for; empty: as torch does, and as the spec says.
    """

    layers: Mapping[str, LayerSignal]
    inputs: Mapping[str, Gradient | None] = field(default_factory=dict[str, Gradient | None])
    init: tuple[str, ...] = ()
