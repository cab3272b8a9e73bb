"""What a step of an optimizer needs beside weights, gradients and states."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.footprint.optimizers import SINGLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.footprint.held import Weight
    from archcalc.footprint.optimizers import Optimizer
    from archcalc.footprint.training import TrainingRun


def step_needs(
    optimizer: "Optimizer", stepped: "Sequence[tuple[int, Weight]]", training: "TrainingRun"
) -> int:
    """What a step needs beside weights, gradients and states.

    Master weights are stepped one by one, and the gradient of one in single precision. What else is there
    depends on a parameter and those before it: one turn behind the first has all that the others have.
    """
    wide = max((SINGLE if training.master else weight.width for _, weight in stepped), default=0)
    sizes = [prod(weight.shape) * wide for _, weight in stepped]
    single = max(sizes, default=0) if training.master else 0
    if training.update == "fused":
        return single
    if training.update == "foreach":
        return single + (optimizer.together or 0) * sum(
            times * size for (times, _), size in zip(stepped, sizes, strict=True)
        )
    return single + optimizer.needs([weight.shape for _, weight in stepped], wide)
