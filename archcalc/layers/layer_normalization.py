"""Normalisation over the last axes (torch.nn.LayerNorm, RMSNorm)."""

from math import prod

from archcalc.averages import Averages
from archcalc.errors import Fault, Unequal
from archcalc.facts import FEATURES, IDENTITY, AxisRead, Facts, Shape, Tensor, along
from archcalc.keeping import KEEPS_INPUT, SINGLE, Saved, per_sample, rows_of, same_shape
from archcalc.layers.arguments import Sizes
from archcalc.layers.base import Layer, single_float
from archcalc.layers.mathematics import Statistics
from archcalc.layers.normalization import affine_weights, averaged
from archcalc.layers.operations import norm_work

WIDE = ("float32", "float64")
"""Precisions in which torch takes a root mean square as they are."""


class TrailingNorm(Layer, frozen=True):
    """A normalisation over the last axes, with a weight per place in them.

    One axis is taken for the features, as in networks whose channels come last. Of several any may hold
    positions, so their reads say no more than what is certain: the own place, and a mean over all of them.
    """

    normalizes = Statistics.FEATURES
    normalized_shape: Sizes | None = None
    """Sizes of the last axes, one number for the last alone; null: the last axis, inferred."""

    def _normalized(self, inputs: tuple[Tensor, ...], *, affine: bool, bias: bool) -> Facts:
        """Facts of a norm with a scale, and with a shift, where these are learned."""
        tensor = single_float(inputs)
        axes, sizes = len(tensor.shape), self.normalized_shape
        if sizes is None:
            sizes = tensor.shape[-1:]
        elif not isinstance(sizes, tuple):
            sizes = (sizes,)
        if len(sizes) > axes:
            fact = f"normalized_shape has {len(sizes)} sizes, but a sample has {axes} axes"
            raise Fault(fact, key="normalized_shape", unequal=_unequal(sizes, tensor.shape[-1:]))
        ending = tensor.shape[axes - len(sizes) :]
        if sizes != ending:
            fact = f"normalized_shape is {list(sizes)}, but the input ends with {list(ending)}"
            raise Fault(fact, key="normalized_shape", unequal=_unequal(sizes, ending))
        before = along(*(IDENTITY,) * (axes - len(sizes)))
        last = (AxisRead(axes - 1, FEATURES),) if len(sizes) == 1 else averaged(axes - len(sizes), len(sizes))
        weights = affine_weights(sizes, affine=affine, bias=bias)
        return Facts(
            {"output": tensor},
            norm_work(prod(tensor.shape), weights, centred=self.centred),
            ((*before, *last),),
            weights,
            inferred={"normalized_shape": sizes},
            averages=Averages(tuple(range(axes - len(sizes), axes))),
        )

    def _rows(self, tensor: Tensor, facts: Facts) -> int:
        """Rows of a sample, each of which is normalised by itself."""
        means = facts.averages
        return rows_of(tensor, len(means.axes) if means else 1)


def _unequal(written: Shape, arriving: Shape) -> Unequal:
    """Both sizes; of a single axis as numbers."""
    if len(written) == len(arriving) == 1:
        return Unequal("normalized_shape", written[0], arriving[0])
    return Unequal("normalized_shape", written, arriving)


class LayerNorm(TrailingNorm, frozen=True):
    """Scale the last axes to mean 0 and variance 1, then scale and shift."""

    eps: float = 1e-5
    """Added to the variance."""
    elementwise_affine: bool = True
    """Learn a scale and a shift per place."""
    bias: bool = True
    """With ``elementwise_affine``: learn the shift too."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, *normalized_shape) -> the same."""
        return self._normalized(inputs, affine=self.elementwise_affine, bias=self.bias)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, with the mean and the deviation of every row."""
        return KEEPS_INPUT.with_results(per_sample(2 * self._rows(inputs[0], facts), inputs[0].dtype))


class RMSNorm(TrailingNorm, frozen=True):
    """Divide by the root of the mean square over the last axes, then scale."""

    centred = False

    eps: float | None = None
    """Added to the mean square; null: the smallest step of the dtype above 1."""
    elementwise_affine: bool = True
    """Learn a scale per place."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, *normalized_shape) -> the same."""
        return self._normalized(inputs, affine=self.elementwise_affine, bias=False)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, the root of every row, and with a scale the quotient: in single precision at least."""
        (tensor,) = inputs
        precision = tensor.dtype if tensor.dtype in WIDE else SINGLE
        root = per_sample(self._rows(tensor, facts), precision)
        scaled = [same_shape(tensor, precision)] * self.elementwise_affine
        wide = precision == tensor.dtype
        return Saved(
            for_inputs=(0,) if wide else (),
            own_for_weights=tuple(scaled),
            own_for_inputs=(root,) if wide else (same_shape(tensor, precision), root),
        )
