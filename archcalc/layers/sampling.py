"""Layers that draw numbers on the way: the reparametrization of variational autoencoders."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, unmoved
from archcalc.keeping import Saved, same_shape
from archcalc.layers.base import Layer
from archcalc.layers.operations import on_each

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class Reparameterize(Layer, frozen=True):
    """Draw from normal distributions: mean + exp(log variance / 2) noise, so that gradients reach both.

    Kingma & Welling 2013 (arXiv 1312.6114), section 2.4. The noise is drawn by the layer, a number per place.
    """

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Mean (*), logarithm of the variance (*) -> (*)."""
        if len(inputs) != 2:  # noqa: PLR2004  mean and variance
            hint = "name them: from: [mean, log_variance]"
            fact = (
                f"takes a mean and a log variance, got {len(inputs)} input{'' if len(inputs) == 1 else 's'}"
            )
            raise Fault(fact, key="from", hint=hint)
        mean, variance = inputs
        if mean.shape != variance.shape:
            fact = f"mean and log variance differ in shape: {list(mean.shape)} and {list(variance.shape)}"
            raise Fault(fact, key="from")
        if not mean.is_float or mean.dtype != variance.dtype:
            fact = f"needs floating point inputs of one dtype, got {mean.dtype} and {variance.dtype}"
            raise Fault(fact, key="from")
        work = (on_each(mean.shape, 4),)  # half, exp, times the noise, plus the mean
        return Facts({"output": mean}, work, (unmoved(len(mean.shape)),) * 2)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The deviation and the noise."""
        del facts
        return Saved(others=(same_shape(inputs[0]), same_shape(inputs[0])))

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The mean, and noise of the variance."""
        del facts, drawn
        from archcalc.layers.carrying.joining import carried_noise

        return carried_noise(read)
