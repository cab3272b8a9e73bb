"""Linear maps and convolutions whose weights arrive as tensors (torch.nn.functional.linear, conv2d ...)."""

from dataclasses import replace
from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Reads, Tensor
from archcalc.keeping import Saved
from archcalc.layers.arguments import ConvPadding, Positive, Sizes
from archcalc.layers.attention_parts import one_float
from archcalc.layers.base import Layer, channels_first
from archcalc.layers.convolution import Conv1d, Conv2d, Conv3d, Convolution
from archcalc.layers.linear import Linear
from archcalc.layers.operations import on_each

LEAST, MOST = 2, 3
"""Inputs: x, weight, and maybe a bias."""
MATRIX = 2
CONVOLUTIONS: "dict[int, type[Convolution]]" = {1: Conv1d, 2: Conv2d, 3: Conv3d}


class FunctionalLinear(Layer, frozen=True):
    """Map the features of the last axis with a weight that arrives: y = x W^T + b.

    Inputs: x, the weight (F_out, F_in), and maybe the bias (F_out); they are one for all samples, or each
    sample has its own.
    """

    saves = Saved(for_others=(0, 1), ending=1)

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, F_in), (F_out, F_in), maybe (F_out) -> (*, F_out)."""
        weight = _weight(inputs, MATRIX, "F_out, F_in")
        features = inputs[0].shape[-1]
        if weight.shape[1] != features:
            fact = f"{features} features meet a weight of {list(weight.shape)}"
            raise Fault(fact, key="from", hint="its second axis is that of the features that arrive")
        made = Linear.model_construct(out_features=weight.shape[0], bias=False).infer(inputs[:1])
        last = len(inputs[0].shape) - 1
        held: Reads = (AxisRead(last, IDENTITY), AxisRead(None, WHOLE))
        return _with_weights(made, inputs, held, last)


class FunctionalConvolution(Layer, frozen=True):
    """Slide kernels that arrive over the positions.

    Inputs: x, the weight (C_out, C_in / groups, *kernel), and maybe the bias (C_out); they are one for all
    samples, or each sample has its own.
    """

    rank: ClassVar[int]

    stride: Sizes = 1
    """Input positions between two neighbouring outputs."""
    padding: ConvPadding = 0
    """Positions of zeros added on each side; 'same' keeps the size (stride 1), 'valid' adds none."""
    dilation: Sizes = 1
    """Positions between two neighbouring taps (the rate)."""
    groups: Positive = 1
    """Independent groups of channels; both channel counts must divide by it."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C_in, *n), (C_out, C_in / groups, *k), maybe (C_out) -> (C_out, *m)."""
        weight = _weight(inputs, self.rank + 2, "C_out, C_in / groups, *kernel")
        _, own, *kernel = weight.shape
        channels, _ = channels_first(inputs[0], self.rank)
        if own * self.groups != channels:
            fact = f"{channels} channels meet a weight of {list(weight.shape)} in {self.groups} groups"
            raise Fault(fact, key="from", hint=f"its second axis would be {channels // self.groups}")
        try:
            made = self._convolution(weight).infer(inputs[:1])
        except Fault as fault:
            raise (fault.at("from") if fault.key == "kernel_size" else fault) from None
        padded = made.inferred["padding"] not in (0, (0,) * self.rank)
        taps = tuple(AxisRead(None, WHOLE, sampled=padded) for _ in kernel)  # some fall into the padding
        return _with_weights(made, inputs, (AxisRead(0, IDENTITY), AxisRead(None, WHOLE), *taps), 0)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """What the convolution keeps, and the kernels."""
        found = self._convolution(inputs[1]).keeping(inputs[:1], facts)
        return found and replace(found, inputs=(*found.inputs, 1))

    def _convolution(self, weight: Tensor) -> Convolution:
        """The layer with kernels of this shape."""
        return CONVOLUTIONS[self.rank].model_construct(
            out_channels=weight.shape[0],
            kernel_size=weight.shape[2:],
            bias=False,
            **{key: getattr(self, key) for key in ("stride", "padding", "dilation", "groups")},
        )


class FunctionalConv1d(FunctionalConvolution, frozen=True):
    """Convolution over (C, L) with kernels that arrive."""

    rank = 1


class FunctionalConv2d(FunctionalConvolution, frozen=True):
    """Convolution over (C, H, W) with kernels that arrive."""

    rank = 2


class FunctionalConv3d(FunctionalConvolution, frozen=True):
    """Convolution over (C, D, H, W) with kernels that arrive."""

    rank = 3


def _weight(inputs: tuple[Tensor, ...], axes: int, names: str) -> Tensor:
    """The weight among the inputs, with a bias that fits it."""
    if not LEAST <= len(inputs) <= MOST:
        fact = f"takes 2 inputs (x, weight) or 3 (and a bias), got {len(inputs)}"
        raise Fault(fact, key="from", hint="name them: from: [x, weight]")
    one_float(inputs)
    weight = inputs[1]
    if len(weight.shape) != axes:
        raise Fault(f"needs a weight of {axes} axes ({names}), got {list(weight.shape)}", key="from")
    for bias in inputs[LEAST:]:
        if bias.shape != weight.shape[:1]:
            fact = f"the bias is {list(bias.shape)}, but the weight {list(weight.shape)}"
            raise Fault(fact, key="from", hint=f"it needs [{weight.shape[0]}]")
    return weight


def _with_weights(made: Facts, inputs: tuple[Tensor, ...], held: Reads, axis: int) -> Facts:
    """The facts of a layer with its weights among what it reads; features of the output lie on ``axis``."""
    bias: tuple[Reads, ...] = ((AxisRead(axis, IDENTITY),),) * (len(inputs) - LEAST)
    work = tuple(replace(each, weights=()) for each in made.work)
    added = (on_each(made.outputs["output"].shape),) if bias else ()
    return replace(
        made, work=(*work, *added), reads=(*made.reads, held, *bias), weights={}, buffers={}, inferred={}
    )
