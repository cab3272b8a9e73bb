"""Convolutions whose taps are moved by what arrives (torchvision.ops.DeformConv2d)."""

from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, WHOLE, AxisRead, Facts, Shape, Tensor
from archcalc.formulas.counts import conv_macs
from archcalc.formulas.elementwise import each_number, interpolation_operations
from archcalc.formulas.windows import conv_output
from archcalc.keeping import Saved, per_sample
from archcalc.layers.arguments import Paddings, per_axis
from archcalc.layers.convolution import Kernels, check_fit
from archcalc.layers.operations import map_work, on_each
from archcalc.layers.parametrization import with_made_weight
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.work import Worked

PLANE = 2
AROUND = 4
"""Positions around a place between positions."""
NAMES = ("offset", "mask")
"""What moves the taps, by two numbers each, and what weighs them, by one."""


class DeformConv2d(Kernels, frozen=True):
    """Convolution over (C, H, W) whose taps read where offsets move them, between positions too.

    Dai et al. 2017 (arXiv 1703.06211); with a mask, which weighs the taps, Zhu et al. 2019 (arXiv
    1811.11168). Offsets, and masks, come as inputs; of g offset groups each moves its share of the channels.
    MACs are those of the same convolution without offsets: as in other resizing, weighing the positions
    around a tap is 0.
    """

    initial = None  # what is read between positions is a mean, and so of a smaller variance
    rank: ClassVar[int] = PLANE

    padding: Paddings = 0
    """Positions added on each side."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C_in, H, W), offset (2 g kh kw, *n) and, at will, mask (g kh kw, *n) -> (C_out, *n)."""
        if len(inputs) not in (2, 3):
            fact = f"takes a map and offset, and mask at will, got {len(inputs)} input"
            raise Fault(f"{fact}{'s' * (len(inputs) > 1)}", key="from", hint="from: [x, offset, mask]")
        image, channels, sizes = self._arriving(inputs[:1])
        kernel, stride, padding, dilation = (
            per_axis(value, PLANE, key)
            for key, value in (
                ("kernel_size", self.kernel_size),
                ("stride", self.stride),
                ("padding", self.padding),
                ("dilation", self.dilation),
            )
        )
        axes = tuple(zip(sizes, kernel, stride, padding, dilation, strict=True))
        for n, k, _, p, d in axes:
            check_fit(n, k, p, p, d)
        positions = tuple(conv_output(n, k, s, p, p, d) for n, k, s, p, d in axes)
        _check_moves(inputs, channels, kernel, positions)
        weights, buffers = self._tensors((self.out_channels, channels // self.groups, *kernel))
        output = (self.out_channels, *positions)
        anywhere = (AxisRead(axis, WHOLE, sampled=True) for axis in range(1, PLANE + 1))
        moves = (AxisRead(None, FEATURES), AxisRead(1, IDENTITY), AxisRead(2, IDENTITY))
        macs = conv_macs(channels, self.groups, kernel, output)
        return Facts(
            outputs={"output": Tensor(output, image.dtype)},
            work=(*_sampled(channels, kernel, positions, len(inputs)), *map_work(macs, weights, output)),
            reads=((self._reads()[0], *anywhere), *(moves for _ in inputs[1:])),
            weights=weights,
            buffers=buffers,
            inferred={"in_channels": channels},
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """All that arrives, as torchvision's operator has it; for want of a mask one number a sample."""
        absent = (per_sample(1, inputs[0].dtype),) * (len(inputs) == len(NAMES))
        kept = Saved(inputs=tuple(range(len(inputs))), others=absent)
        return with_made_weight(kept, facts, inputs[0].dtype, always=True)


def _sampled(channels: int, kernel: Shape, positions: Shape, inputs: int) -> "Worked":
    """What is read for every tap: a mean of the four positions around it, perhaps times its mask."""
    read = (channels, *kernel, *positions)
    weighed = (on_each(read),) if inputs > 1 + 1 else ()
    return (
        Work("gather", each_number(read, AROUND)),
        Work("elementwise", interpolation_operations(read, AROUND)),
        *weighed,
    )


def _check_moves(inputs: tuple[Tensor, ...], channels: int, kernel: Shape, positions: Shape) -> None:
    """Refuse offsets and masks that do not fit the map, the taps, or each other."""
    taps = kernel[0] * kernel[1]
    groups = 0
    for name, tensor, numbers in zip(NAMES, inputs[1:], (2 * taps, taps), strict=False):
        if len(tensor.shape) != PLANE + 1 or tensor.shape[1:] != positions:
            fact = f"{name} is {list(tensor.shape)}, but the output has positions {list(positions)}"
            raise Fault(fact, key="from", hint=f"it needs [{numbers} per group, *{list(positions)}]")
        if tensor.dtype != inputs[0].dtype:
            raise Fault(f"{name} is {tensor.dtype}, but the map {inputs[0].dtype}", key="from")
        found, rest = divmod(tensor.shape[0], numbers)
        if rest or (groups and found != groups):
            wanted = f"{groups * numbers}" if groups else f"a multiple of {numbers}"
            fact = f"{name} has {tensor.shape[0]} channels, but {taps} taps need {wanted}"
            raise Fault(fact, key="from", hint="two numbers a tap for offsets, one for a mask, in each group")
        groups = found
        if channels % groups:
            raise Fault(f"{channels} channels do not divide into {groups} offset groups", key="from")
